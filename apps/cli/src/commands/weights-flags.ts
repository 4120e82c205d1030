import { type Command, Option } from 'commander';
import { modelsFolderOption } from './compute-flags.js';
import type { ImportFlags, PullFlags, WeightsFlags } from './weights.js';

/** `mediclip weights …`: the backbones that can be named, and their weights. */
export function addWeightsCommands(mediclip: Command, signal: AbortSignal): void {
  const weights = mediclip.command('weights').description('weights of backbones: list, pull, import');
  const add = (usage: string, description: string) =>
    weights
      .command(usage)
      .description(description)
      .addOption(modelsFolderOption())
      .option('--json', 'write JSON lines', false);
  add('list', 'list the backbones, and whether their weights are here').action(async (flags: WeightsFlags) =>
    (await import('./weights.js')).listWeights(flags),
  );
  add('pull <id>', 'download the weights of a backbone; MEDICLIP_HUB_TOKEN is shown to the hub')
    .addOption(
      new Option('--hub-url <url>', 'the hub or a mirror of it (default: Hugging Face)').env('MEDICLIP_HUB_URL'),
    )
    .action(async (id: string, flags: PullFlags) => (await import('./weights.js')).pull(id, flags, signal));
  add('import <file>', 'bring weights that you have: safetensors, its index, or a PyTorch checkpoint')
    .option('--as <id>', 'the backbone that they are of, where their shapes leave it open')
    .action(async (file: string, flags: ImportFlags) => (await import('./weights.js')).importFile(file, flags));
}
