import { type Model, ProblemError, type ScoreOutcome } from '@mediclip/contracts';
import { describeScore, regionThresholdOf } from '@mediclip/evaluation';
import type { FileNames } from '@mediclip/intake';
import type { AnomalyMap } from '@mediclip/maps';
import type { ScoreChannel } from '@mediclip/queue';
import { discard } from '@mediclip/threads';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { Imaging, ServerSettings } from '../dependencies.js';
import type { Call, HandlerAnswer, HandlersOf } from '../http/handlers.js';
import { negotiate } from '../http/negotiate.js';
import type { ServerMemory } from '../memory.js';
import { type ServerMetrics, stageTimer } from '../operations/server-metrics.js';
import { withTemporaryFolderIfNeeded } from '../uploads/temporary-folder.js';
import { askWorker } from './ask-worker.js';
import type { DriftRecorder } from './drift-recorder.js';
import { ReadyMemory } from './ready-memory.js';
import { ScoreDeadline } from './score-deadline.js';
import { type ReadyImage, readyImages } from './score-files.js';
import type { ShadowScorer } from './shadow-scorer.js';
import { Turns } from './turns.js';

export interface ScoreDependencies {
  readonly settings: ServerSettings;
  readonly scoreChannel: ScoreChannel;
  readonly imaging: Imaging;
  readonly metrics: Pick<ServerMetrics, 'scoreStageSeconds'>;
  readonly drift: Pick<DriftRecorder, 'note'>;
  readonly shadow: Pick<ShadowScorer, 'noteOnceAnswered' | 'whileUserWaits'>;
  readonly memory: ServerMemory;
  readonly names: FileNames;
}

export function scoreHandlers(dependencies: ScoreDependencies): HandlersOf<'scoreImages'> {
  const turns = new Turns();
  return {
    async scoreImages(call) {
      const { settings } = dependencies;
      const deadline = new ScoreDeadline(settings.scores.timeoutMs);
      const timely = { ...call, signal: AbortSignal.any([call.signal, deadline.signal]) };
      try {
        return await withTemporaryFolderIfNeeded(settings.dataDir, (folder) =>
          scoreImages(timely, { folder, deadline, turns }, dependencies),
        );
      } finally {
        deadline.end();
      }
    },
  };
}

/** What a request is scored with. */
interface ScoreMeans {
  readonly folder: () => Promise<string>;
  readonly deadline: ScoreDeadline;
  /** For what takes the event loop. */
  readonly turns: Turns;
}

async function scoreImages(
  call: Call<'scoreImages'>,
  means: ScoreMeans,
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
    return await answerOf(call, { ...means, model, backbone, side, withGround, ready }, dependencies);
  } finally {
    ready.giveBack();
  }
}

async function answerOf(
  call: Call<'scoreImages'>,
  {
    folder,
    deadline,
    turns,
    model,
    backbone,
    side,
    withGround,
    ready: memoryOfReady,
  }: ScoreMeans & {
    readonly model: Model;
    readonly backbone: string;
    readonly side: number;
    readonly withGround: boolean;
    readonly ready: ReadyMemory;
  },
  dependencies: ScoreDependencies,
): Promise<HandlerAnswer<'scoreImages'>> {
  const { settings, imaging, metrics, memory, names } = dependencies;
  const timed = stageTimer(metrics);

  const files = await timed('decode', () =>
    readyImages(call, {
      ...{ folder, side, intensity: model.intensity, withGround, imaging },
      ...{ settings, memory, names, ready: memoryOfReady, deadline },
    }),
  );
  if (withGround && files.length !== 1) throw new ProblemError('not-acceptable');
  const ready = files.filter((file) => 'prepared' in file);
  const images = ready.map(({ prepared }) => prepared.data);
  const scores = await dependencies.shadow.whileUserWaits(() =>
    timed('compute', () => askWorker(call, { model, backbone, side, images }, dependencies)),
  );
  dependencies.drift.note(
    call.store,
    model,
    scores.map(({ score }) => score),
  );
  const areKept = dependencies.shadow.noteOnceAnswered(call, { model, side, images, scores });
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
    else {
      await turns.next();
      results.push({ ...place, ...scored(file, scores[next++]!, model) });
    }
  }
  if (!areKept) discard([...images, ...scores.map(({ map }) => map)]);
  return { json: { modelId: model.id, results } };
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
  { ground }: ReadyImage,
  { map, mapSide }: AnomalyMap,
  model: Model,
  imaging: Imaging,
  { signal, store }: Call<'scoreImages'>,
): Promise<Uint8Array> {
  if (!ground) throw new Error('This is a bug: there is nothing to draw the overlay on.');
  return imaging.overlay(ground, map, mapSide, { from: regionThresholdOf(model) }, { signal, caller: store.tenant });
}
