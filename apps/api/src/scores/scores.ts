import { setImmediate as letOthersRun } from 'node:timers/promises';
import { type Model, ProblemError, type ProblemSlug, type ScoreOutcome } from '@mediclip/contracts';
import { describeScore } from '@mediclip/evaluation';
import type { AnomalyMap } from '@mediclip/maps';
import type { ScoreChannel } from '@mediclip/queue';
import { decodeScoreReply, encodeScoreMessage } from '@mediclip/queue';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { Imaging, ServerSettings } from '../dependencies.js';
import type { Call, HandlerAnswer, HandlersOf } from '../http/handlers.js';
import { negotiate } from '../http/negotiate.js';
import type { ServerMemory } from '../memory.js';
import type { ServerMetrics } from '../operations/server-metrics.js';
import { withTemporaryFolderIfNeeded } from '../uploads/temporary-folder.js';
import type { DriftRecorder } from './drift-recorder.js';
import { ReadyMemory } from './ready-memory.js';
import { ScoreDeadline } from './score-deadline.js';
import { type ReadyImage, readyImages } from './score-files.js';

export interface ScoreDependencies {
  readonly settings: ServerSettings;
  readonly scoreChannel: ScoreChannel;
  readonly imaging: Imaging;
  readonly metrics: Pick<ServerMetrics, 'scoreStageSeconds'>;
  readonly drift: Pick<DriftRecorder, 'note'>;
  readonly memory: ServerMemory;
}

export function scoreHandlers(dependencies: ScoreDependencies): HandlersOf<'scoreImages'> {
  return {
    async scoreImages(call) {
      const { settings } = dependencies;
      const deadline = new ScoreDeadline(settings.scores.timeoutMs);
      const timely = { ...call, signal: AbortSignal.any([call.signal, deadline.signal]) };
      try {
        return await withTemporaryFolderIfNeeded(settings.dataDir, (folder) =>
          scoreImages(timely, { folder, deadline }, dependencies),
        );
      } finally {
        deadline.end();
      }
    },
  };
}

async function scoreImages(
  call: Call<'scoreImages'>,
  { folder, deadline }: { readonly folder: () => Promise<string>; readonly deadline: ScoreDeadline },
  dependencies: ScoreDependencies,
): Promise<HandlerAnswer<'scoreImages'>> {
  const { settings, memory } = dependencies;
  const mediaType = negotiate(call.request.headers.accept, ['application/json', 'image/png']);
  const model = await call.store.models.get(call.params.id);
  const { id: backbone, side } = usableBackbone(model.configuration.backbone, settings.modelsDir);
  const withGround = mediaType === 'image/png';
  const { signal, store } = call;
  const ready = new ReadyMemory(memory.scoring, { side, withGround }, { signal, caller: store.tenant });
  try {
    return await answerOf(call, { folder, deadline, model, backbone, side, withGround, ready }, dependencies);
  } finally {
    ready.giveBack();
  }
}

async function answerOf(
  call: Call<'scoreImages'>,
  {
    folder,
    deadline,
    model,
    backbone,
    side,
    withGround,
    ready: memoryOfReady,
  }: {
    readonly folder: () => Promise<string>;
    readonly deadline: ScoreDeadline;
    readonly model: Model;
    readonly backbone: string;
    readonly side: number;
    readonly withGround: boolean;
    readonly ready: ReadyMemory;
  },
  dependencies: ScoreDependencies,
): Promise<HandlerAnswer<'scoreImages'>> {
  const { settings, imaging, metrics, memory } = dependencies;
  const timed = <T>(stage: string, work: () => Promise<T>) => measured(metrics, stage, work);

  const files = await timed('decode', () =>
    readyImages(call, { folder, side, withGround, imaging, settings, memory, ready: memoryOfReady, deadline }),
  );
  if (withGround && files.length !== 1) throw new ProblemError('not-acceptable');
  const ready = files.filter((file) => 'prepared' in file);
  const scores = await timed('compute', () => askWorker(call, { model, backbone, side, ready }, dependencies));
  dependencies.drift.note(
    call.store,
    model,
    scores.map(({ score }) => score),
  );
  if (withGround) {
    const mediaType = 'image/png';
    const [file] = files;
    if (file && 'problem' in file) throw file.problem;
    return { mediaType, bytes: await timed('draw', () => overlay(ready[0]!, scores[0]!, model, imaging, call)) };
  }
  const results: ScoreOutcome[] = [];
  let next = 0;
  for (const file of files) {
    const place = { index: file.index, fileName: file.fileName };
    if ('problem' in file) results.push({ ...place, outcome: 'rejected', error: file.problem.toProblem() });
    else results.push({ ...place, ...scored(file, scores[next++]!, model) });
    await letOthersRun();
  }
  return { json: { modelId: model.id, results } };
}

/** With these a worker says that it takes no more scores, and that another may: its engine does not start, or it is stopping. */
const elsewhere: ReadonlySet<ProblemSlug> = new Set<ProblemSlug>(['not-ready', 'draining']);

/** Scores of the images, in their order, from a worker that has the backbone at hand. */
async function askWorker(
  { store, signal }: Call<'scoreImages'>,
  {
    model,
    backbone,
    side,
    ready,
  }: {
    readonly model: Model;
    readonly backbone: string;
    readonly side: number;
    readonly ready: readonly ReadyImage[];
  },
  { scoreChannel, settings }: ScoreDependencies,
): Promise<readonly AnomalyMap[]> {
  if (ready.length === 0) return [];
  const images = ready.map(({ prepared }) => prepared.data);
  const message = encodeScoreMessage({ tenant: store.tenant, modelId: model.id, side, images });
  const end = performance.now() + settings.scores.timeoutMs;
  const ask = async () =>
    decodeScoreReply(
      await scoreChannel.request(message, {
        topic: backbone,
        deadlineMs: Math.max(1, end - performance.now()),
        signal,
      }),
    );
  let reply = await ask();
  while (reply.outcome === 'refused' && elsewhere.has(reply.slug) && performance.now() < end) reply = await ask();
  if (reply.outcome === 'refused') {
    const { slug, detail, retryAfterSeconds } = reply;
    throw new ProblemError(slug, detail, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  }
  if (reply.scores.length !== images.length) {
    throw new Error(`This is a bug: a worker answered ${reply.scores.length} scores for ${images.length} images.`);
  }
  return reply.scores;
}

function scored({ description, frame, frames }: ReadyImage, map: AnomalyMap, model: Model) {
  const { width, height, notes } = description;
  return {
    outcome: 'scored' as const,
    ...(frames > 1 && { frame: frame + 1 }),
    width,
    height,
    ...describeScore(map, { width, height }, model).description,
    notes: [...notes],
  };
}

async function overlay(
  { ground, description }: ReadyImage,
  scoredMap: AnomalyMap,
  model: Model,
  imaging: Imaging,
  { signal, store }: Call<'scoreImages'>,
): Promise<Uint8Array> {
  const { map, mapSide } = scoredMap;
  const { mapRegions } = describeScore(scoredMap, description, model);
  if (!ground) throw new Error('This is a bug: there is nothing to draw the overlay on.');
  return imaging.overlay(ground, map, mapSide, { regions: mapRegions }, { signal, caller: store.tenant });
}

async function measured<T>(
  { scoreStageSeconds }: Pick<ServerMetrics, 'scoreStageSeconds'>,
  stage: string,
  work: () => Promise<T>,
): Promise<T> {
  const stop = scoreStageSeconds.startTimer({ stage });
  try {
    return await work();
  } finally {
    stop();
  }
}
