import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import {
  type AdaptationRequest,
  type Alias,
  type AliasSet,
  type Answer,
  type Audit,
  type Backbone,
  type Body,
  type CalibrationRequest,
  type Dataset,
  type DatasetCreate,
  type DicomResultKind,
  type Drift,
  dicomJsonMediaType,
  type Evaluation,
  type EvaluationRequest,
  type GroupScoreAnswer,
  type Health,
  type Image,
  type ImageChange,
  type InferenceAnswer,
  type InferenceRequest,
  isFinal,
  type Job,
  type JobEvent,
  type JobKind,
  type JobOf,
  type JobState,
  type Label,
  type Model,
  type ModelChange,
  type ModelSummary,
  type NamesChange,
  type OperatingPoints,
  type OperationId,
  type Readiness,
  type ResidencySet,
  type RevisionRequest,
  type ScoreAnswer,
  type ScoringRequest,
  type ScoringResult,
  type ShadowReport,
  type Split,
  type StowAnswer,
  type ThresholdSet,
  type Upload,
  type Usage,
  type VerdictRequest,
  type Webhook,
  type WebhookDelivery,
  type WebhookRequest,
  type WebhookSecretRequest,
  type WebhookWithSecret,
} from '@mediclip/contracts';
import type {
  CallOptions,
  ListOptions,
  PostOptions,
  ReadingOptions,
  ScoreOptions,
  StudyOptions,
  WaitOptions,
} from './call-options.js';
import { type Bytes, type LabelledFile, type NamedFile, open } from './files.js';
import { type InferredMap, mapRequest, readMap } from './inference.js';
import { allJobEvents, jobEvents } from './job-events.js';
import { JobNotSucceeded } from './job-not-succeeded.js';
import { multipart, uploadParts } from './multipart.js';
import { type OperationRequest, pathOf, transportRequest } from './operation-request.js';
import { itemsOf } from './pages.js';
import { acceptDicomFiles, dicomFiles, readDicomFiles } from './related.js';
import { type ClientOptions, Transport } from './transport.js';

/**
 * The service over HTTP, one method for each operation. Lists are walked as async iterables.
 * Every method throws a `ClientProblem` for a problem that the server answered with, a `ConnectionError` when it could
 * not be reached, and the reason of a signal that aborted. Requests that a busy server turns away are repeated within a
 * budget.
 *
 * @example
 * const client = new MediclipClient({ baseUrl: 'http://127.0.0.1:8080' });
 * const { id } = await client.createDataset({ name: 'Brain MRI' });
 * await client.uploadImages(id, [{ ...fileAt('scan.png'), split: 'train', label: 'normal' }]);
 * const { modelId } = await client.waitForResult(await client.createAdaptation({ datasetId: id, shots: 1 }));
 */
export class MediclipClient {
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
  }

  createDataset(body: DatasetCreate, options?: PostOptions): Promise<Dataset> {
    return this.#json('createDataset', { body: { json: body }, options });
  }

  /** Data sets that have `name` in theirs. */
  listDatasets(options?: ListOptions & { name?: string }): AsyncIterable<Dataset> {
    const filter = { name: options?.name };
    return itemsOf((query) => this.#json('listDatasets', { query: { ...filter, ...query }, options }), options);
  }

  getDataset(id: string, options?: CallOptions): Promise<Dataset> {
    return this.#json('getDataset', { params: { id }, options });
  }

  changeDataset(id: string, body: NamesChange, options?: CallOptions): Promise<Dataset> {
    return this.#json('changeDataset', { params: { id }, body: { json: body }, options });
  }

  /** Deletes a data set with its images; with `derived`, its scorings and evaluations too. Models stay. */
  deleteDataset(id: string, options?: CallOptions & { derived?: boolean }): Promise<void> {
    const query = { derived: options?.derived === undefined ? undefined : String(options.derived) };
    return this.#nothing('deleteDataset', { params: { id }, query, options });
  }

  /** Adds images. The outcomes stand in the order of `files`; a bad file is an outcome, not an error. */
  uploadImages(id: string, files: Iterable<LabelledFile>, options?: PostOptions & ReadingOptions): Promise<Upload> {
    return this.#json('uploadImages', { params: { id }, body: multipart([...uploadParts(files, options)]), options });
  }

  /** Adds the images of a zip or a (gzipped) tar. */
  uploadArchive(
    id: string,
    archive: Bytes,
    options?: PostOptions & ReadingOptions & { groups?: 'none' | 'folder' },
  ): Promise<Upload> {
    const body = { contentType: 'application/octet-stream', open: () => open(archive) };
    const query = { groups: options?.groups, axis: options?.axis, dicomGroups: options?.dicomGroups };
    return this.#json('uploadArchive', { params: { id }, query, body, options });
  }

  listImages(id: string, options?: ListOptions & { split?: Split; label?: Label }): AsyncIterable<Image> {
    const filter = { split: options?.split, label: options?.label };
    return itemsOf(
      (query) => this.#json('listImages', { params: { id }, query: { ...filter, ...query }, options }),
      options,
    );
  }

  getImage(id: string, imageId: string, options?: CallOptions): Promise<Image> {
    return this.#json('getImage', { params: { id, imageId }, options });
  }

  /** Moves an image to another split or label. */
  changeImage(id: string, imageId: string, body: ImageChange, options?: CallOptions): Promise<Image> {
    return this.#json('changeImage', { params: { id, imageId }, body: { json: body }, options });
  }

  getImageContent(id: string, imageId: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#bytes('getImageContent', { params: { id, imageId }, accept: '*/*', options });
  }

  /** An image as a small PNG; `side`: length of the longer side, pixels. */
  getImagePreview(id: string, imageId: string, options?: CallOptions & { side?: number }): Promise<Uint8Array> {
    const query = { side: options?.side };
    return this.#bytes('getImagePreview', { params: { id, imageId }, query, accept: 'image/png', options });
  }

  deleteImage(id: string, imageId: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteImage', { params: { id, imageId }, options });
  }

  listBackbones(options?: ListOptions): AsyncIterable<Backbone> {
    return itemsOf((query) => this.#json('listBackbones', { query, options }), options);
  }

  async createAdaptation(body: AdaptationRequest, options?: PostOptions): Promise<JobOf<'adaptation'>> {
    return ofKind(await this.#json('createAdaptation', { body: { json: body }, options }), 'adaptation');
  }

  /** Models that have `name` in theirs, and were adapted to `datasetId`. */
  listModels(options?: ListOptions & { name?: string; datasetId?: string }): AsyncIterable<ModelSummary> {
    const filter = { name: options?.name, datasetId: options?.datasetId };
    return itemsOf((query) => this.#json('listModels', { query: { ...filter, ...query }, options }), options);
  }

  getModel(id: string, options?: CallOptions): Promise<Model> {
    return this.#json('getModel', { params: { id }, options });
  }

  changeModel(id: string, body: ModelChange, options?: CallOptions): Promise<Model> {
    return this.#json('changeModel', { params: { id }, body: { json: body }, options });
  }

  deleteModel(id: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteModel', { params: { id }, options });
  }

  listAliases(options?: ListOptions): AsyncIterable<Alias> {
    return itemsOf((query) => this.#json('listAliases', { query, options }), options);
  }

  getAlias(name: string, options?: CallOptions): Promise<Alias> {
    return this.#json('getAlias', { params: { name }, options });
  }

  /** Moves an alias to a model, or makes it. */
  setAlias(name: string, body: AliasSet, options?: CallOptions): Promise<Alias> {
    return this.#json('setAlias', { params: { name }, body: { json: body }, options });
  }

  deleteAlias(name: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteAlias', { params: { name }, options });
  }

  /** The model of an alias beside its shadow, on the same images. */
  getShadow(name: string, options?: CallOptions): Promise<ShadowReport> {
    return this.#json('getShadow', { params: { name }, options });
  }

  /** Moves an alias back to the model before. */
  rollBackAlias(name: string, options?: PostOptions): Promise<Alias> {
    return this.#json('rollBackAlias', { params: { name }, options });
  }

  /** Writes the archive of a model to a file of this machine; the file is whole when the promise resolves. */
  exportModel(id: string, toFile: string, options?: CallOptions): Promise<void> {
    return this.#file('exportModel', toFile, { params: { id }, accept: 'application/zip', options });
  }

  /** Makes a model of the archive that an export gave, of this server or another. */
  importModel(archive: Bytes, options?: PostOptions): Promise<Model> {
    const body = { contentType: 'application/zip', open: () => open(archive) };
    return this.#json('importModel', { body, options });
  }

  /** Scores images at once. The results stand in the order of `files`; a bad file is an outcome, not an error. */
  scoreImages(id: string, files: readonly NamedFile[], options?: ScoreOptions): Promise<ScoreAnswer> {
    return this.#json('scoreImages', { params: { id }, body: filesBody(files, options), options });
  }

  /** The overlay of one image's anomaly map, a PNG. */
  scoreOverlay(id: string, file: NamedFile, options?: ScoreOptions): Promise<Uint8Array> {
    const body = filesBody([file], options);
    return this.#bytes('scoreImages', { params: { id }, body, accept: 'image/png', options });
  }

  async createScoring(body: ScoringRequest, options?: PostOptions): Promise<JobOf<'scoring'>> {
    return ofKind(await this.#json('createScoring', { body: { json: body }, options }), 'scoring');
  }

  /** Looks for what makes figures on a data set mislead: copies, and cues that give the labels away. */
  async createAudit(datasetId: string, options?: PostOptions): Promise<JobOf<'audit'>> {
    return ofKind(await this.#json('createAudit', { params: { id: datasetId }, options }), 'audit');
  }

  getAudit(id: string, options?: CallOptions): Promise<Audit> {
    return this.#json('getAudit', { params: { id }, options });
  }

  async createEvaluation(body: EvaluationRequest, options?: PostOptions): Promise<JobOf<'evaluation'>> {
    return ofKind(await this.#json('createEvaluation', { body: { json: body }, options }), 'evaluation');
  }

  listEvaluations(options?: ListOptions & { modelId?: string; datasetId?: string }): AsyncIterable<Evaluation> {
    const filter = { modelId: options?.modelId, datasetId: options?.datasetId };
    return itemsOf((query) => this.#json('listEvaluations', { query: { ...filter, ...query }, options }), options);
  }

  /** What every threshold makes of the images of an evaluation, thresholds ascending. */
  getOperatingPoints(id: string, options?: CallOptions): Promise<OperatingPoints> {
    return this.#json('getOperatingPoints', { params: { id }, options });
  }

  getEvaluation(id: string, options?: CallOptions): Promise<Evaluation> {
    return this.#json('getEvaluation', { params: { id }, options });
  }

  /** Deletes an evaluation with its scores and its report. */
  deleteEvaluation(id: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteEvaluation', { params: { id }, options });
  }

  /** The report of an evaluation, a self-contained HTML page. */
  getEvaluationReport(id: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#bytes('getEvaluationReport', { params: { id }, accept: 'text/html', options });
  }

  /** Chooses the threshold of a model from normal images that it has not learned from. */
  async calibrateModel(id: string, body: CalibrationRequest, options?: PostOptions): Promise<JobOf<'calibration'>> {
    const job = await this.#json('calibrateModel', { params: { id }, body: { json: body }, options });
    return ofKind(job, 'calibration');
  }

  /** Makes a new model of this one and more normal images; this one stays as it is. */
  async reviseModel(id: string, body: RevisionRequest, options?: PostOptions): Promise<JobOf<'revision'>> {
    const job = await this.#json('reviseModel', { params: { id }, body: { json: body }, options });
    return ofKind(job, 'revision');
  }

  /** Keeps a model warm in every worker, or no longer. */
  setResidency(id: string, body: ResidencySet, options?: CallOptions): Promise<Model> {
    return this.#json('setResidency', { params: { id }, body: { json: body }, options });
  }

  /** Whether the images of a calibrated model have changed; histogram and share over the latest `window` scores. */
  getDrift(id: string, options?: CallOptions & { window?: number }): Promise<Drift> {
    return this.#json('getDrift', { params: { id }, query: { window: options?.window }, options });
  }

  /** Changes the threshold of a model at once: by the alpha of its calibration, or by hand. */
  setThreshold(id: string, body: ThresholdSet, options?: CallOptions): Promise<Model> {
    return this.#json('setThreshold', { params: { id }, body: { json: body }, options });
  }

  /** Goes back from a threshold set by hand to the calibrated one. */
  deleteThreshold(id: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteThreshold', { params: { id }, options });
  }

  listJobs(options?: ListOptions & JobFilter): AsyncIterable<Job> {
    const { state, kind, datasetId, modelId } = options ?? {};
    const filter = { state, kind, datasetId, modelId };
    return itemsOf((query) => this.#json('listJobs', { query: { ...filter, ...query }, options }), options);
  }

  getJob(id: string, options?: CallOptions): Promise<Job> {
    return this.#json('getJob', { params: { id }, options });
  }

  cancelJob(id: string, options?: PostOptions): Promise<Job> {
    return this.#json('cancelJob', { params: { id }, options });
  }

  /** Deletes a job that has ended, with its results, maps and verdicts; what it made stays. */
  deleteJob(id: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteJob', { params: { id }, options });
  }

  /** The events of a job to its end, connection after connection, none twice. Ends after the `end` event. */
  jobEvents(id: string, options?: CallOptions & { lastEventId?: number }): AsyncGenerator<JobEvent> {
    return jobEvents(this.#transport, pathOf('getJobEvents', { id }), options);
  }

  /**
   * All jobs as they change: first those that have not ended and, with `lastEventId`, those that ended since. Goes on
   * until the caller leaves the loop or the signal aborts.
   */
  allJobEvents(options?: CallOptions & { lastEventId?: number }): AsyncGenerator<Job> {
    return allJobEvents(this.#transport, pathOf('getAllJobEvents'), options);
  }

  /** The job once it has ended, in whatever state. */
  async waitForJob(id: string, options?: WaitOptions): Promise<Job> {
    for await (const event of this.jobEvents(id, options)) {
      if (event.type === 'progress') options?.onProgress?.(event.progress);
      if (event.type === 'end') return event.job;
    }
    throw new Error(`This is a bug: the events of job ${id} ended without an end event.`);
  }

  /** The result of a job once it has succeeded. Throws a `JobNotSucceeded` when it failed or was cancelled. */
  async waitForResult<K extends JobKind>(job: JobOf<K>, options?: WaitOptions): Promise<ResultOf<K>> {
    const ended = isFinal(job.state) ? job : await this.waitForJob(job.id, options);
    if (ended.state !== 'succeeded' || ended.result === undefined) throw new JobNotSucceeded(ended);
    return ended.result as ResultOf<K>;
  }

  listJobResults(id: string, options?: ListOptions & ResultOptions): AsyncIterable<ScoringResult> {
    const asked = resultQuery(options);
    return itemsOf(
      (query) => this.#json('listJobResults', { params: { id }, query: { ...asked, ...query }, options }),
      options,
    );
  }

  /** Patients, studies, series or volumes of a scoring: the mean of the `highest` highest scores of each. */
  listJobGroups(id: string, options?: ListOptions & { highest?: number }): AsyncIterable<GroupScoreAnswer> {
    const filter = { highest: options?.highest };
    return itemsOf(
      (query) => this.#json('listJobGroups', { params: { id }, query: { ...filter, ...query }, options }),
      options,
    );
  }

  /** Writes the results as a CSV table to a file of this machine. */
  jobResultsCsv(id: string, toFile: string, options?: CallOptions & ResultOptions): Promise<void> {
    const query = resultQuery(options);
    return this.#file('listJobResults', toFile, { params: { id }, query, accept: 'text/csv', options });
  }

  /** Says whether an image of a scoring is normal. */
  judgeResult(id: string, imageId: string, body: VerdictRequest, options?: PostOptions): Promise<ScoringResult> {
    return this.#json('judgeResult', { params: { id, imageId }, body: { json: body }, options });
  }

  /** The anomaly map of an image: the overlay, or raw float32 in NPY format. */
  getJobResultMap(
    id: string,
    imageId: string,
    mediaType: 'image/png' | 'application/x-npy',
    options?: CallOptions,
  ): Promise<Uint8Array> {
    return this.#bytes('getJobResultMap', { params: { id, imageId }, accept: mediaType, options });
  }

  /** What the tenant of the key uses, and what it may. */
  getUsage(options?: CallOptions): Promise<Usage> {
    return this.#json('getUsage', { options });
  }

  /** Has events sent to an address. Only this answer shows the secret. */
  createWebhook(body: WebhookRequest, options?: PostOptions): Promise<WebhookWithSecret> {
    return this.#json('createWebhook', { body: { json: body }, options });
  }

  listWebhooks(options?: ListOptions): AsyncIterable<Webhook> {
    return itemsOf((query) => this.#json('listWebhooks', { query, options }), options);
  }

  getWebhook(id: string, options?: CallOptions): Promise<Webhook> {
    return this.#json('getWebhook', { params: { id }, options });
  }

  /** Deletes a webhook with its deliveries. */
  deleteWebhook(id: string, options?: CallOptions): Promise<void> {
    return this.#nothing('deleteWebhook', { params: { id }, options });
  }

  /** Gives a webhook a new secret; for a day deliveries are signed with both. */
  rotateWebhookSecret(id: string, body: WebhookSecretRequest = {}, options?: PostOptions): Promise<WebhookWithSecret> {
    return this.#json('rotateWebhookSecret', { params: { id }, body: { json: body }, options });
  }

  listWebhookDeliveries(id: string, options?: ListOptions): AsyncIterable<WebhookDelivery> {
    return itemsOf((query) => this.#json('listWebhookDeliveries', { params: { id }, query, options }), options);
  }

  /** Sends a delivery again, whatever became of it. */
  redeliverWebhook(id: string, deliveryId: string, options?: PostOptions): Promise<WebhookDelivery> {
    return this.#json('redeliverWebhook', { params: { id, deliveryId }, options });
  }

  /** Adds DICOM files to a data set by STOW-RS. */
  storeStudyInDataset(
    id: string,
    files: readonly Uint8Array[],
    options: StudyOptions & { readonly split: Split; readonly label: Label },
  ): Promise<StowAnswer> {
    const query = { split: options.split, label: options.label, dicomGroups: options.dicomGroups };
    const sent = { params: { id }, query, body: dicomFiles(files), accept: dicomJsonMediaType, options };
    const read = (response: Response) => response.json() as Promise<StowAnswer>;
    return this.#transport.call(transportRequest('storeStudyInDataset', sent), read);
  }

  /** Scores the images of DICOM files by STOW-RS; `jobIds`: a scoring for each study. */
  scoreStudy(
    id: string,
    files: readonly Uint8Array[],
    options?: StudyOptions,
  ): Promise<{ readonly answer: StowAnswer; readonly jobIds: readonly string[] }> {
    const query = { dicomGroups: options?.dicomGroups };
    const sent = { params: { id }, query, body: dicomFiles(files), accept: dicomJsonMediaType, options };
    return this.#transport.call(transportRequest('scoreStudy', sent), async (response) => ({
      answer: (await response.json()) as StowAnswer,
      jobIds: [...(response.headers.get('link') ?? '').matchAll(/\/v1\/jobs\/([\w-]+)/g)].map(([, jobId]) => jobId!),
    }));
  }

  /** Fetches images from a DICOMweb server that the service was told of. */
  async importFromDicomweb(
    id: string,
    body: Body<'importFromDicomweb'>,
    options?: PostOptions,
  ): Promise<JobOf<'dicomweb-import'>> {
    const job = await this.#json('importFromDicomweb', { params: { id }, body: { json: body }, options });
    return ofKind(job, 'dicomweb-import');
  }

  /** The results of a study, a scoring's id, as DICOM files. */
  getStudyResults(
    id: string,
    kind: DicomResultKind,
    options?: CallOptions & { readonly server?: string },
  ): Promise<Uint8Array[]> {
    const sent = { params: { id, kind }, query: { server: options?.server }, accept: acceptDicomFiles, options };
    return this.#transport.call(transportRequest('getStudyResults', sent), readDicomFiles);
  }

  /** Sends the results of a study to a DICOMweb server. */
  async pushStudyResults(
    id: string,
    kind: DicomResultKind,
    body: Body<'pushStudyResults'>,
    options?: PostOptions,
  ): Promise<JobOf<'dicomweb-push'>> {
    const job = await this.#json('pushStudyResults', { params: { id, kind }, body: { json: body }, options });
    return ofKind(job, 'dicomweb-push');
  }

  /** Name, version and extensions of the server, in the terms of the Open Inference Protocol. */
  getInferenceServer(options?: CallOptions): Promise<Answer<'getInferenceServer'>> {
    return this.#json('getInferenceServer', { options });
  }

  getInferenceLive(options?: CallOptions): Promise<Answer<'getInferenceLive'>> {
    return this.#json('getInferenceLive', { options });
  }

  getInferenceReady(options?: CallOptions): Promise<Answer<'getInferenceReady'>> {
    return this.#json('getInferenceReady', { options });
  }

  /** Inputs and outputs of a model. */
  getInferenceModel(id: string, options?: CallOptions): Promise<Answer<'getInferenceModel'>> {
    return this.#json('getInferenceModel', { params: { id }, options });
  }

  getInferenceModelReady(id: string, options?: CallOptions): Promise<Answer<'getInferenceModelReady'>> {
    return this.#json('getInferenceModelReady', { params: { id }, options });
  }

  /** Scores images as Triton and KServe are asked, tensors in JSON. */
  infer(id: string, body: InferenceRequest, options?: PostOptions): Promise<InferenceAnswer> {
    return this.#json('infer', { params: { id }, body: { json: body }, options });
  }

  /** The map of one image as numbers. */
  inferMap(id: string, image: Uint8Array, options?: PostOptions): Promise<InferredMap> {
    const { body, headers } = mapRequest(image);
    const request = transportRequest('infer', { params: { id }, body, accept: '*/*', options });
    return this.#transport.call({ ...request, headers: { ...request.headers, ...headers } }, readMap);
  }

  /** Metrics for Prometheus. */
  getMetrics(options?: CallOptions): Promise<string> {
    return this.#text('getMetrics', { accept: 'text/plain', options });
  }

  /** The OpenAPI document of the server. */
  getOpenApi(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#json('getOpenApi', { options });
  }

  /** The OpenAPI document as a page for people, HTML. */
  getDocs(options?: CallOptions): Promise<string> {
    return this.#text('getDocs', { accept: 'text/html', options });
  }

  /** What a problem means and what to do about it, HTML. */
  getProblemPage(slug: string, options?: CallOptions): Promise<string> {
    return this.#text('getProblemPage', { params: { slug }, accept: 'text/html', options });
  }

  getHealth(options?: CallOptions): Promise<Health> {
    return this.#json('getHealth', { options });
  }

  getReadiness(options?: CallOptions): Promise<Readiness> {
    return this.#json('getReadiness', { options });
  }

  #json<K extends OperationId>(id: K, request: OperationRequest): Promise<Answer<K>> {
    return this.#transport.call(transportRequest(id, request), (response) => response.json() as Promise<Answer<K>>);
  }

  #text(id: OperationId, request: OperationRequest): Promise<string> {
    return this.#transport.call(transportRequest(id, request), (response) => response.text());
  }

  #bytes(id: OperationId, request: OperationRequest): Promise<Uint8Array> {
    return this.#transport.call(
      transportRequest(id, request),
      async (response) => new Uint8Array(await response.arrayBuffer()),
    );
  }

  #file(id: OperationId, toFile: string, request: OperationRequest): Promise<void> {
    return this.#transport.call(transportRequest(id, request), async (response) => {
      if (response.body === null) throw new Error(`This is a bug of the server: ${id} answered without a body.`);
      await pipeline(response.body, createWriteStream(toFile));
    });
  }

  #nothing(id: OperationId, request: OperationRequest): Promise<void> {
    return this.#transport.call(transportRequest(id, request), async (response) => {
      await response.arrayBuffer();
    });
  }
}

/** Which jobs: those that read a data set, and use a model or have made it. */
export interface JobFilter {
  readonly state?: JobState;
  readonly kind?: JobKind;
  readonly datasetId?: string;
  readonly modelId?: string;
}

/** In which order and which of the results of a scoring. */
export interface ResultOptions {
  readonly sort?: 'score' | '-score' | 'name';
  readonly label?: Label;
  readonly decision?: 'normal' | 'abnormal';
  readonly minScore?: number;
  readonly maxScore?: number;
}

function resultQuery({ sort, label, decision, minScore, maxScore }: ResultOptions = {}) {
  return { sort, label, decision, minScore, maxScore };
}

/** What a job of one kind leaves when it succeeds. */
export type ResultOf<K extends JobKind> = NonNullable<JobOf<K>['result']>;

function filesBody(files: readonly NamedFile[], { axis }: Pick<ReadingOptions, 'axis'> = {}) {
  const parts = files.map((file) => ['file', file] as const);
  return multipart(axis === undefined ? parts : [['axis', axis], ...parts]);
}

function ofKind<K extends JobKind>(job: Job, kind: K): JobOf<K> {
  if (job.kind !== kind)
    throw new Error(`This is a bug of the server: it made a job of kind ${job.kind}, not ${kind}.`);
  return job as JobOf<K>;
}
