import type { DicomResultKind, Image, JobOf, Model, ScoringResult } from '@mediclip/contracts';
import { serviceVersion } from '@mediclip/contracts';
import {
  type DicomJson,
  type InstanceUids,
  type ObjectOrigin,
  type ObjectThreads,
  onlyUids,
  type ReportedScore,
} from '@mediclip/dicom-objects';
import { regionThresholdOf, thresholdOf } from '@mediclip/evaluation';
import type { ImagingPool } from '@mediclip/imaging';
import { readNpy } from '@mediclip/maps';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import { DicomwebError } from './dicomweb-error.js';
import type { ReferenceVault } from './reference-vault.js';

export interface StudyResultsOptions {
  readonly store: Pick<TenantStore, 'tenant' | 'models' | 'images' | 'results'>;
  readonly imaging: Pick<ImagingPool, 'frame'>;
  readonly objects: ObjectThreads;
  readonly vault: ReferenceVault | undefined;
  /** A scoring that has succeeded. */
  readonly job: JobOf<'scoring'>;
  readonly kinds: readonly DicomResultKind[];
  /** What the PACS says of an instance; without it objects say nothing of patient and study but UIDs. */
  readonly describe?: ((uids: InstanceUids) => Promise<DicomJson>) | undefined;
  readonly signal: AbortSignal;
}

/** A scored image (a frame, of an instance with several) and its result. */
interface ScoredFrame {
  readonly image: Image;
  readonly result: Extract<ScoringResult, { outcome: 'scored' }>;
}

interface ScoredInstance {
  readonly uids: InstanceUids;
  readonly frames: ScoredFrame[];
}

/** Images in one report: a reader opens it at once. */
const longestReport = 500;

/**
 * The results of a scoring as DICOM objects, one after the other: of each instance its overlay (of the frame with the
 * highest score) and its regions, where it has any; then the reports. Rejects with a DicomwebError `no-references`
 * where no image has a sealed reference, `wrong-key`, what `describe` rejects with, and RecordNotFound when the model
 * is gone.
 */
export async function* studyResults(options: StudyResultsOptions): AsyncGenerator<Uint8Array> {
  const { store, job, kinds, describe = async (uids) => onlyUids(uids), signal } = options;
  const model = await store.models.get(job.request.modelId);
  const origin: ObjectOrigin = {
    model: { id: model.id, digest: model.digest, version: serviceVersion },
    at: new Date(job.finishedAt ?? job.createdAt),
  };
  const instances = await scoredInstances(options);
  const writer = { ...options, origin, model };
  const reports = new Map<string, ReportedScore[]>();
  let number = 0;
  for (const instance of instances) {
    signal.throwIfAborted();
    const { studyUid } = instance.uids;
    const scores = reports.get(studyUid) ?? [];
    reports.set(studyUid, scores);
    number++;
    const needsSource = kinds.some((kind) => kind !== 'structured-report') || scores.length % longestReport === 0;
    const source = needsSource ? await describe(instance.uids) : onlyUids(instance.uids);
    if (kinds.includes('secondary-capture')) yield await overlayOf(writer, instance, source, number);
    if (kinds.includes('segmentation')) {
      const written = await regionsOf(writer, instance, source, number);
      if (written) yield written;
    }
    // The first one of a report tells of patient and study; of the others UIDs are enough.
    const told = scores.length % longestReport === 0 ? source : onlyUids(instance.uids);
    scores.push(...instance.frames.map((frame) => reported(frame, told, model)));
  }
  if (!kinds.includes('structured-report')) return;
  for (const scores of reports.values()) {
    for (let begin = 0, instanceNumber = 1; begin < scores.length; begin += longestReport, instanceNumber++) {
      const part = scores.slice(begin, begin + longestReport);
      yield await options.objects.run('structuredReport', { ...origin, scores: part, instanceNumber }, { signal });
    }
  }
}

/** What was scored, by instance, in order of upload. */
async function scoredInstances({ store, vault, job }: StudyResultsOptions): Promise<ScoredInstance[]> {
  const instances = new Map<string, ScoredInstance>();
  let cursor: string | undefined;
  do {
    const page = await store.results.list(job.id, { limit: 100, cursor });
    for (const result of page.items) {
      if (result.outcome !== 'scored') continue;
      const found = await referenceOf(store, vault, job.request.datasetId, result.imageId);
      if (found === undefined) continue;
      const { image, uids } = found;
      const instance = instances.get(uids.sopInstanceUid) ?? { uids, frames: [] };
      instances.set(uids.sopInstanceUid, instance);
      instance.frames.push({ image, result });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (instances.size > 0) return [...instances.values()];
  throw new DicomwebError(
    'no-references',
    'No scored image has a reference to its instance: they are kept of DICOM files that came while MEDICLIP_DICOM_REFERENCES was `sealed`.',
  );
}

/** An image with the UIDs of its instance; undefined for one without, and for one that was deleted since. */
async function referenceOf(
  { images }: Pick<TenantStore, 'images'>,
  vault: ReferenceVault | undefined,
  datasetId: string,
  imageId: string,
): Promise<{ image: Image; uids: InstanceUids } | undefined> {
  if (vault === undefined) return undefined;
  const image = await images.get(datasetId, imageId).catch((error: unknown) => {
    if (error instanceof RecordNotFound) return undefined;
    throw error;
  });
  const sealed = image && (await images.reference(image));
  return image && sealed && { image, uids: vault.open(sealed, datasetId) };
}

interface Writer extends StudyResultsOptions {
  readonly origin: ObjectOrigin;
  readonly model: Model;
}

async function overlayOf(
  { store, imaging, objects, job, origin, model, signal }: Writer,
  { frames }: ScoredInstance,
  source: DicomJson,
  instanceNumber: number,
): Promise<Uint8Array> {
  const { image } = frames.reduce((best, frame) => (scoreOf(frame) > scoreOf(best) ? frame : best));
  const { map, mapSide } = await mapOf(store, job.id, image.id);
  const { overlayPixels } = await imaging.frame(
    await store.images.bytes(image),
    { overlayPixels: { map, mapSide, from: regionThresholdOf(model) }, intensity: model.intensity },
    { signal, caller: store.tenant },
  );
  const options = { ...origin, source, frame: image.frame, picture: overlayPixels, instanceNumber };
  return objects.run('secondaryCapture', options, { signal });
}

const scoreOf = ({ result }: ScoredFrame): number => result.scoreLogit ?? result.score;

async function regionsOf(
  { store, objects, job, origin, model, signal }: Writer,
  { frames }: ScoredInstance,
  source: DicomJson,
  instanceNumber: number,
): Promise<Uint8Array | undefined> {
  const withRegions = frames.filter(({ result }) => result.regions.length > 0);
  const [first] = withRegions;
  if (first === undefined) return undefined;
  const threshold = regionThresholdOf(model);
  const mapped = [];
  for (const { image, result } of withRegions) {
    const { map, mapSide } = await mapOf(store, job.id, image.id);
    mapped.push({ frame: image.frame, map, mapSide, threshold, boxes: result.regions });
  }
  const { height: rows, width: columns } = first.image;
  const options = { ...origin, source, rows, columns, frames: mapped, instanceNumber };
  return objects.run('segmentation', options, { signal });
}

async function mapOf({ results }: Pick<TenantStore, 'results'>, jobId: string, imageId: string) {
  const { shape, data } = readNpy(await results.map(jobId, imageId));
  const [mapSide = 0] = shape;
  return { map: data, mapSide };
}

function reported({ image, result }: ScoredFrame, source: DicomJson, model: Model): ReportedScore {
  return {
    source,
    frame: image.frame,
    score: result.score,
    pValue: result.pValue,
    threshold: thresholdOf(model)?.threshold,
    decision: result.decision,
  };
}
