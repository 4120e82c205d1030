import { parentPort, workerData } from 'node:worker_threads';
import { WeightsError } from '@mediclip/backbones';
import type { AdaptationOptions } from '@mediclip/contracts';
import type { OptionCheckReply } from './option-check.js';
import { optionFaults } from './option-faults.js';

/** The thread of `OptionCheck`. */
const { modelsFolder } = workerData as { readonly modelsFolder: string };

parentPort!.on('message', ({ id, options }: { readonly id: number; readonly options: AdaptationOptions }) => {
  parentPort!.postMessage({ id, ...answer(options) } satisfies OptionCheckReply);
});

function answer(options: AdaptationOptions) {
  try {
    return { faults: optionFaults(options, modelsFolder) };
  } catch (error) {
    if (error instanceof WeightsError) return { weightsError: { code: error.code, message: error.message } };
    throw error;
  }
}
