import { importWeights, listBackbones, type PlacedWeights, pullWeights } from '@mediclip/backbones';
import { createOutput, type Output } from '../terminal/output.js';
import { Progress } from '../terminal/progress.js';

export interface WeightsFlags {
  readonly modelsDir: string;
  readonly json: boolean;
}

export interface PullFlags extends WeightsFlags {
  readonly hubUrl?: string;
}

export interface ImportFlags extends WeightsFlags {
  readonly as?: string;
}

const mebibyte = 2 ** 20;

/** `mediclip weights list`: every backbone that can be named, and whether its weights are here. */
export function listWeights({ modelsDir, json }: WeightsFlags): void {
  const output = createOutput(json);
  for (const backbone of listBackbones({ modelsFolder: modelsDir })) {
    const { id, bundled, weightsPresent, side, licence, name } = backbone;
    output.event({ event: 'backbone', ...backbone });
    const state = bundled ? 'bundled' : weightsPresent ? 'here' : '-';
    output.line([id.padEnd(20), state.padEnd(8), `${side} px`, licence.padEnd(10), name].join('  '));
  }
}

/** `mediclip weights pull ID`: fetches weights from the hub. */
export async function pull(id: string, { modelsDir, hubUrl, json }: PullFlags, signal: AbortSignal): Promise<void> {
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

/** `mediclip weights import FILE`: takes weights that the person has. */
export async function importFile(file: string, { modelsDir, json, as }: ImportFlags): Promise<void> {
  tell(createOutput(json), await importWeights(file, { modelsFolder: modelsDir, id: as }));
}

function tell(output: Output, { id, folder, digest }: PlacedWeights): void {
  output.event({ event: 'weights', id, folder, digest });
  output.line(`The weights of ${id} are in ${folder} (SHA-256 ${digest}). Try: mediclip adapt FOLDER --backbone ${id}`);
}
