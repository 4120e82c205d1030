import path from 'node:path';
import type { PrecisionChoice } from '@mediclip/contracts';
import { precisionChoices } from '@mediclip/contracts/words';
import type { Device } from '@mediclip/engine';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that say what computes; the environment variables are the service's. */
export interface ComputeFlags {
  readonly device: Device;
  readonly precision: PrecisionChoice;
  /** Threads that compute on a processor; one per core without it. */
  readonly threads?: number;
  readonly modelsDir: string;
  readonly json: boolean;
}

export function addComputeFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--device <device>', 'auto, cpu, cuda or cuda:N')
        .default('auto')
        .env('MEDICLIP_DEVICE')
        .argParser(parseDevice),
    )
    .addOption(
      new Option('--precision <precision>', 'of image towers: auto, or float32 whatever it costs')
        .default('auto')
        .choices(precisionChoices)
        .env('MEDICLIP_PRECISION'),
    )
    .addOption(
      new Option('--threads <number>', 'that compute on a processor (default: one per core)')
        .env('MEDICLIP_ENGINE_THREADS')
        .argParser(parseThreads),
    )
    .addOption(modelsFolderOption())
    .option('--json', 'write JSON lines', false);
}

/** Where the weights of backbones are; by default where the service has them. */
export const modelsFolderOption = (): Option =>
  new Option('--models-dir <folder>', 'weights of backbones, a folder for each')
    .env('MEDICLIP_MODELS_DIR')
    .default(path.join(process.env.MEDICLIP_DATA_DIR || 'data', 'weights'));

function parseThreads(text: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new InvalidArgumentError('Choose a whole number from 1 to 256.');
  }
  return threads;
}

function parseDevice(text: string): Device {
  if (!/^(auto|cpu|cuda(:\d+)?)$/.test(text)) throw new InvalidArgumentError('Choose auto, cpu, cuda or cuda:N.');
  return text as Device;
}
