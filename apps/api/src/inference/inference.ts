import { type Model, serviceVersion } from '@mediclip/contracts';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { Call, HandlerAnswer, HandlersOf } from '../http/handlers.js';
import { stageTimer } from '../operations/server-metrics.js';
import { askWorker } from '../scores/ask-worker.js';
import { ReadyMemory } from '../scores/ready-memory.js';
import { framesOf } from '../scores/score-files.js';
import type { ScoreDependencies } from '../scores/scores.js';
import { withTemporaryFolderIfNeeded } from '../uploads/temporary-folder.js';
import { readRequest } from './read-request.js';
import { outputsOf, writeAnswer } from './write-answer.js';

/** The Open Inference Protocol over the same models and workers as `POST /v1/models/{id}/score`. */
export function inferenceHandlers(
  dependencies: ScoreDependencies,
): HandlersOf<'getInferenceServer' | 'getInferenceModel' | 'getInferenceModelReady' | 'infer'> {
  const { modelsDir, dataDir } = dependencies.settings;
  return {
    getInferenceServer: async () => ({
      json: { name: 'mediclip', version: serviceVersion, extensions: ['binary_tensor_data'] },
    }),

    async getInferenceModel({ params, store }) {
      const model = await store.models.get(params.id);
      usableBackbone(model.configuration.backbone, modelsDir);
      return { json: described(model) };
    },

    async getInferenceModelReady({ params, store }) {
      const { id, configuration } = await store.models.get(params.id);
      usableBackbone(configuration.backbone, modelsDir);
      return { json: { name: id, ready: true } };
    },

    infer: (call) => withTemporaryFolderIfNeeded(dataDir, (folder) => infer(call, folder, dependencies)),
  };
}

/** The model that is asked, and what its images need. */
interface Asked {
  readonly folder: () => Promise<string>;
  readonly model: Model;
  readonly backbone: string;
  readonly side: number;
  readonly ready: ReadyMemory;
}

function described(model: Model) {
  return {
    name: model.id,
    platform: 'mediclip' as const,
    inputs: [{ name: 'image' as const, datatype: 'BYTES' as const, shape: [-1] }],
    outputs: outputsOf(model).map((name) =>
      name === 'map'
        ? { name, datatype: 'FP32' as const, shape: [-1, -1, -1] }
        : { name, datatype: 'FP64' as const, shape: [-1] },
    ),
  };
}

async function infer(
  call: Call<'infer'>,
  folder: () => Promise<string>,
  dependencies: ScoreDependencies,
): Promise<HandlerAnswer<'infer'>> {
  const { settings, memory } = dependencies;
  const model = await call.store.models.get(call.params.id);
  const { id: backbone, side } = usableBackbone(model.configuration.backbone, settings.modelsDir);
  const { signal, store } = call;
  const ready = new ReadyMemory(memory.scoring, { side, withGround: false }, { signal, caller: store.tenant });
  try {
    return await answerOf(call, { folder, model, backbone, side, ready }, dependencies);
  } finally {
    ready.giveBack();
  }
}

async function answerOf(
  call: Call<'infer'>,
  { folder, model, backbone, side, ready }: Asked,
  dependencies: ScoreDependencies,
): Promise<HandlerAnswer<'infer'>> {
  const { settings, imaging, metrics, drift, shadow, memory } = dependencies;
  const { store, signal } = call;
  const timed = stageTimer(metrics);
  const { asked, images } = await timed('decode', async () => {
    const read = await readRequest(call, { folder, settings, memory, model, ready });
    const wants = { prepared: { side, kind: 'test' as const }, intensity: model.intensity };
    const options = { signal, caller: store.tenant };
    const limit = settings.images.maximumBytes;
    const frames = read.files.map((file) => framesOf(file, { imaging, wants, options, limit, room: async () => 1 }));
    await Promise.allSettled(frames);
    return { asked: read.asked, images: (await Promise.all(frames)).flat().map((frame) => frame.prepared.data) };
  });
  const maps = await shadow.whileUserWaits(() =>
    timed('compute', () => askWorker(call, { model, backbone, side, images }, dependencies)),
  );
  drift.note(
    store,
    model,
    maps.map(({ score }) => score),
  );
  shadow.noteOnceAnswered(call, { model, side, images, scores: maps });
  return writeAnswer(asked, model, maps);
}
