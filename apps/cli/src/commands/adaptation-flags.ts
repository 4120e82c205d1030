import type { Command } from 'commander';

/** Options of an adaptation as flags give them: the common ones by name, all of them in a JSON file. */
export interface AdaptationFlags {
  readonly options?: string;
  readonly backbone?: string;
  readonly preset?: string;
  readonly name?: string;
  readonly shots?: string;
  readonly seed?: string;
  readonly epochs?: string;
  readonly batchSize?: string;
  readonly learningRate?: string;
  readonly pooling?: string;
  readonly intensity?: string;
  readonly excludeOutliers?: boolean;
}

export function addAdaptationFlags(command: Command): Command {
  return command
    .option('--backbone <id>', 'see `mediclip weights list`')
    .option('--preset <name>', 'default or paper')
    .option('--name <name>', 'a name for people')
    .option('--shots <number>', 'how many normal images are used')
    .option('--seed <number>', 'seed of every random draw')
    .option('--epochs <number>', 'visits of every normal image')
    .option('--batch-size <number>', 'images per step')
    .option('--learning-rate <number>', "Adam's learning rate")
    .option('--pooling <kind>', 'from map to score: max or top')
    .option(
      '--intensity <how>',
      'greys deeper than 8 bits: auto, file, a window of CT (brain, lung, bone …), CENTRE/WIDTH, or LOW..HIGH percentiles',
    )
    .option('--exclude-outliers', 'leave out normal images that do not belong to the others')
    .option('--options <file>', 'JSON file with any options of POST /v1/adaptations; flags go before it');
}
