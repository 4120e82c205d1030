import path from 'node:path';
import type { ForeignImages, Model, ScoredImage, Upload } from '@mediclip/contracts';
import { writeNpy } from '@mediclip/maps';
import { adaptationInput } from '../commands/adaptation-input.js';
import type { AxisFlags, ReadingFlags } from '../commands/reading-flags.js';
import { readImageFile } from '../image-files.js';
import { UsageError } from '../usage-error.js';
import type {
  AdaptFlags,
  EvaluateFlags,
  MadeDetector,
  ReviseFlags,
  ScoredFrame,
  ScoreWants,
  Task,
  ThresholdChoice,
  Workplace,
} from '../workplace/workplace.js';
import { datasetOf } from './dataset-of.js';
import { followJob } from './follow-job.js';
import { onServer, type Server } from './server.js';

/** A server as a workplace: folders are uploaded, models stay there, work is a job that is followed. */
export function serverWorkplace(server: Server): Workplace {
  return {
    adapt: (folder, flags, task) => onServer(adapt(server, folder, flags, task)),
    revise: (model, folder, flags, task) => onServer(revise(server, model, folder, flags, task)),
    async score(model, { axis }, task, use) {
      const modelId = await onServer(idOf(server, model, task));
      await use(async function* (file, wants) {
        yield* await onServer(scoreFile(server, modelId, file, { ...wants, axis }, task));
      });
    },
    evaluate: (model, folder, flags, task) => onServer(evaluate(server, model, folder, flags, task)),
    audit: (folder, flags, task) => onServer(audit(server, folder, flags, task)),
    setThreshold: (model, choice, task) => onServer(setThreshold(server, model, choice, task)),
  };
}

/** The id of a model that is named by it, or as `@alias`. */
const idOf = async ({ client }: Server, model: string, { signal }: Task): Promise<string> =>
  (await client.getModel(model, { signal })).id;

const made = ({ url }: Server, modelId: string): MadeDetector => ({
  model: modelId,
  place: `model ${modelId} of ${url}`,
  called: modelId,
});

async function adapt(server: Server, folder: string, flags: AdaptFlags, task: Task) {
  const input = await adaptationInput(flags);
  const { dataset } = await datasetOf(server, folder, task, readingIn(flags));
  const job = await server.client.createAdaptation({ ...input, datasetId: dataset.id }, task);
  const { modelId, notes = [] } = await followJob(server, job, task);
  for (const note of notes) task.output.remark(note);
  return made(server, modelId);
}

async function revise(server: Server, model: string, folder: string, flags: ReviseFlags, task: Task) {
  const { client } = server;
  const { dataset, upload } = await datasetOf(server, folder, task, readingIn(flags));
  const job = await client.reviseModel(await idOf(server, model, task), { datasetId: dataset.id }, task);
  const { modelId, notes = [] } = await followJob(server, job, task);
  for (const note of notes) task.output.remark(note);
  const added = (await client.getModel(modelId, task)).lineage.added?.at(-1)?.imageIds ?? [];
  const names = upload === undefined ? new Map<string, string>() : namesOf(upload);
  const nameOf = async (imageId: string) => {
    const uploaded = names.get(imageId);
    if (uploaded !== undefined) return path.join(folder, uploaded);
    return (await client.getImage(dataset.id, imageId, task)).fileName;
  };
  return { ...made(server, modelId), added: await Promise.all(added.map(nameOf)) };
}

/** What the server says of the frames of a file. Throws a UsageError for a file that cannot be scored. */
async function scoreFile(
  { client }: Server,
  modelId: string,
  file: string,
  wants: ScoreWants & AxisFlags,
  { signal }: Task,
): Promise<ScoredFrame[]> {
  const options = { signal, axis: wants.axis };
  const named = { fileName: path.basename(file), content: await readImageFile(file) };
  const { results } = await client.scoreImages(modelId, [named], options);
  if (results.length > 1 && (wants.overlay || wants.npy)) {
    throw new UsageError(
      `${file} has ${results.length} frames: maps of each come from a data set with it (mediclip datasets upload, mediclip jobs).`,
    );
  }
  const frames: ScoredFrame[] = [];
  for (const result of results) {
    if (result.outcome === 'rejected') throw new UsageError(`${file}: ${result.error.detail}`);
    frames.push({
      ...saidOf(result),
      ...(wants.overlay && { overlay: await client.scoreOverlay(modelId, named, options) }),
      ...(wants.npy && { npy: await npyOf(client, modelId, named.content, signal) }),
    });
  }
  return frames;
}

async function npyOf(client: Server['client'], modelId: string, image: Uint8Array, signal: AbortSignal) {
  const { map, height, width } = await client.inferMap(modelId, image, { signal });
  return writeNpy(map, [height, width]);
}

async function evaluate(server: Server, model: string, folder: string, flags: EvaluateFlags, task: Task) {
  const { client, url } = server;
  const modelId = await idOf(server, model, task);
  const reading = { areFoldersGroups: flags.groups, ...readingIn(flags) };
  const { dataset, upload } = await datasetOf(server, folder, task, reading);
  const job = await client.createEvaluation({ modelId, datasetId: dataset.id }, task);
  const { evaluationId } = await followJob(server, job, task);
  const { images, image, pixel, groups, foreign, audit } = await client.getEvaluation(evaluationId, task);
  if (audit === undefined) throw new UsageError(`${url} is of an earlier version, whose evaluations have no audit.`);
  return {
    normal: images.normal,
    abnormal: images.abnormal,
    masks: images.masks,
    leftOut: images.rejected + (upload?.rejected ?? 0),
    copies: images.copies ?? 0,
    learned: images.learned ?? 0,
    image,
    ...(images.masks > 0 && { pixel }),
    ...(groups && { groups }),
    ...(foreign && { foreign: namedForeign(foreign) }),
    audit,
    details: { evaluationId },
  };
}

async function audit(server: Server, folder: string, flags: AxisFlags, task: Task) {
  const { client } = server;
  const { dataset } = await datasetOf(server, folder, task, readingIn(flags));
  const { auditId } = await followJob(server, await client.createAudit(dataset.id, task), task);
  const { images, warnings, copies, cues, normals } = await client.getAudit(auditId, task);
  const { name } = await client.getDataset(dataset.id, task);
  return { name, images: images.audited, findings: { warnings, copies, cues, ...(normals && { normals }) } };
}

async function setThreshold(
  server: Server,
  model: string,
  { alpha, threshold }: ThresholdChoice,
  task: Task,
): Promise<Model> {
  const { client } = server;
  const id = await idOf(server, model, task);
  if (threshold !== undefined) return client.setThreshold(id, { threshold }, task);
  if (alpha !== undefined) return client.setThreshold(id, { alpha }, task);
  await client.deleteThreshold(id, task);
  return client.getModel(id, task);
}

/** How a folder is read that is uploaded. */
const readingIn = ({ axis, dicomGroups }: ReadingFlags) => ({ axis, dicomGroups });

/** Images of another kind by the names of their files. */
const namedForeign = ({ count, images, aurocWithout }: ForeignImages) => ({
  count,
  files: images.map(({ fileName }) => fileName),
  aurocWithout,
});

/** File names by image. */
function namesOf({ outcomes }: Upload): Map<string, string> {
  return new Map(
    outcomes.flatMap((outcome) =>
      outcome.outcome === 'stored' ? outcome.imageIds.map((id) => [id, outcome.fileName] as const) : [],
    ),
  );
}

/** What the server says of a frame, as a command prints it. */
function saidOf({
  score,
  scoreLogit,
  decision,
  thresholdSource,
  pValue,
  kinship,
  foreign,
  frame,
  notes,
}: ScoredImage): ScoredFrame {
  return {
    score,
    scoreLogit,
    ...(decision !== undefined && { decision }),
    ...(thresholdSource !== undefined && { thresholdSource }),
    ...(pValue !== undefined && { pValue }),
    ...(kinship !== undefined && { kinship }),
    ...(foreign !== undefined && { foreign }),
    frame,
    notes,
  };
}
