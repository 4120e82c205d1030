import { DEFAULT_HUB_URL, importWeights, listBackbones, type PlacedWeights, pullWeights } from '@mediclip/backbones';
import { type Command, Option } from 'commander';
import { modelsFolderOption } from '../engine-options.js';
import { createOutput, type Output } from '../terminal/output.js';
import { Progress } from '../terminal/progress.js';

interface WeightsFlags {
  readonly modelsDir: string;
  readonly json: boolean;
}

interface PullFlags extends WeightsFlags {
  readonly hubUrl: string;
}

interface ImportFlags extends WeightsFlags {
  readonly as?: string;
}

const mebibyte = 2 ** 20;

/** `mediclip weights …`: the backbones that can be named, and their weights. */
export function addWeightsCommands(mediclip: Command, signal: AbortSignal): void {
  const weights = mediclip.command('weights').description('weights of backbones: list, pull, import');
  const add = (usage: string, description: string) =>
    weights
      .command(usage)
      .description(description)
      .addOption(modelsFolderOption())
      .option('--json', 'write JSON lines', false);
  add('list', 'list the backbones, and whether their weights are here').action(listWeights);
  add('pull <id>', 'download the weights of a backbone; MEDICLIP_HUB_TOKEN is shown to the hub')
    .addOption(
      new Option('--hub-url <url>', 'the hub or a mirror of it').env('MEDICLIP_HUB_URL').default(DEFAULT_HUB_URL),
    )
    .action((id: string, flags: PullFlags) => pull(id, flags, signal));
  add('import <file>', 'bring weights that you have: safetensors, its index, or a PyTorch checkpoint')
    .option('--as <id>', 'the backbone that they are of, where their shapes leave it open')
    .action(importFile);
}

function listWeights({ modelsDir, json }: WeightsFlags): void {
  const output = createOutput(json);
  for (const backbone of listBackbones({ modelsFolder: modelsDir })) {
    const { id, bundled, weightsPresent, side, licence, name } = backbone;
    output.event({ event: 'backbone', ...backbone });
    const state = bundled ? 'bundled' : weightsPresent ? 'here' : '-';
    output.line([id.padEnd(20), state.padEnd(8), `${side} px`, licence.padEnd(10), name].join('  '));
  }
}

async function pull(id: string, { modelsDir, hubUrl, json }: PullFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(json);
  const progress = new Progress(output, 'MiB');
  const onProgress = (done: number, total: number, file: string) =>
    progress.update({ phase: file, done: Math.floor(done / mebibyte), total: Math.ceil(total / mebibyte) });
  const hub = { baseUrl: hubUrl, token: process.env.MEDICLIP_HUB_TOKEN };
  const placed = await pullWeights(id, { modelsFolder: modelsDir, hub, signal, onProgress }).finally(() =>
    progress.stop(),
  );
  tell(output, placed);
}

async function importFile(file: string, { modelsDir, json, as }: ImportFlags): Promise<void> {
  tell(createOutput(json), await importWeights(file, { modelsFolder: modelsDir, id: as }));
}

function tell(output: Output, { id, folder, digest }: PlacedWeights): void {
  output.event({ event: 'weights', id, folder, digest });
  output.line(`The weights of ${id} are in ${folder} (SHA-256 ${digest}). Try: mediclip adapt FOLDER --backbone ${id}`);
}
