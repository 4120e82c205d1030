/** The method on a device whose memory suffices for runs of one image; for tests. */
import { type OnBatchHalved, Towers } from '@mediclip/adaptation';
import { OutOfMemoryError, type Runtime } from '@mediclip/onnx-graph';
import type { Compute, ComputeSettings } from '../child/compute.js';
import { computeOn } from '../child/compute-on.js';
import { openOrtRuntime } from '../child/ort-runtime.js';

const images = 1;

export async function createCompute(settings: ComputeSettings, onBatchHalved: OnBatchHalved): Promise<Compute> {
  return computeOn(new Towers(smallDevice(await openOrtRuntime(settings)), { onBatchHalved }));
}

function smallDevice({ provider, createSession }: Runtime): Runtime {
  return {
    provider,
    async createSession(model) {
      const session = await createSession(model);
      return {
        async run(feeds, fetches) {
          const batch = (feeds.pixels ?? feeds['features.0'])?.shape[0] ?? 1;
          if (batch > images) throw new OutOfMemoryError(`${batch} images do not fit.`);
          return session.run(feeds, fetches);
        },
        release: () => session.release(),
      };
    },
  };
}
