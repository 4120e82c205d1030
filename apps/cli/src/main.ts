import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import { serviceVersion } from '@mediclip/contracts';
import { EngineError } from '@mediclip/engine';
import { Command } from 'commander';
import { type AdaptFlags, adapt } from './commands/adapt.js';
import { addAdaptationFlags } from './commands/adaptation-flags.js';
import { evaluate } from './commands/evaluate.js';
import { type ScoreFlags, score } from './commands/score.js';
import { addComputeFlags, type ComputeFlags } from './engine-options.js';
import { UsageError } from './usage-error.js';

/** Exit statuses: 0 done, 1 a fault that is told in one sentence, 130 stopped by Ctrl-C. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    await program(stop.signal).parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`mediclip: ${error.message}\n`);
    return stop.signal.aborted ? 130 : 1;
  }
}

/** Faults that a person can mend; anything else is a bug and keeps its stack. */
const isExpected = (error: unknown): error is Error =>
  [UsageError, AdaptationError, WeightsError, EngineError].some((kind) => error instanceof kind);

function program(signal: AbortSignal): Command {
  const mediclip = new Command('mediclip')
    .description('Few-shot medical image anomaly detection. A research tool, not a medical device.')
    .version(serviceVersion);
  const adaptCommand = mediclip
    .command('adapt <folder>')
    .description('adapt a detector to the normal images of a folder')
    .option('--out <folder>', 'where the detector goes (default: <folder name>.mediclip)')
    .option('--resume', 'go on with a stopped run', false)
    .option('--overwrite', 'replace what is there', false)
    .action((folder: string, flags: AdaptFlags) => adapt(folder, flags, signal));
  addComputeFlags(addAdaptationFlags(adaptCommand));
  addComputeFlags(
    mediclip
      .command('score <model> <files...>')
      .description('score images with a detector')
      .option('--maps <folder>', 'write a heat-map overlay per image')
      .option('--raw', 'write the raw maps too, as NPY', false)
      .action((model: string, files: string[], flags: ScoreFlags) => score(model, files, flags, signal)),
  );
  addComputeFlags(
    mediclip
      .command('evaluate <model> <folder>')
      .description('measure a detector on labelled test images')
      .action((model: string, folder: string, flags: ComputeFlags) => evaluate(model, folder, flags, signal)),
  );
  return mediclip;
}
