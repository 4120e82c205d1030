/**
 * Compute without ONNX Runtime, for the tests of the engine: it really runs in the engine process and does on command
 * what native code does by accident. Commands lie as `script.json` in the folder of the detector, of the job's work, or
 * in the models folder.
 */

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AdaptationJob, AdaptationProgress, OnBatchHalved, SampleSource } from '@mediclip/adaptation';
import type { PrecisionChoice } from '@mediclip/contracts';
import { OutOfMemoryError } from '@mediclip/onnx-graph';
import type { AdaptationRun, Compute, ComputeSettings, ScoreInput } from '../child/compute.js';
import { EngineError } from '../errors.js';

export interface Script {
  /** `block` never returns, `hang` returns a promise that never settles. */
  readonly command?: 'kill' | 'abort' | 'exit' | 'block' | 'hang' | 'fail' | 'outOfMemory' | 'halve' | 'allocate';
  /** How often it is obeyed, over all processes; always when left out. */
  readonly times?: number;
  /** At which step of an adaptation; scores and starts have no steps. */
  readonly step?: number;
  /** With how many images in the batch at least; adaptations and starts have none. */
  readonly batch?: number;
  /** Steps of the adaptation, default 20. */
  readonly steps?: number;
  /** For `allocate`. */
  readonly bytes?: number;
  /** Whether an adaptation's second step begins with waiting until an image has been scored. */
  readonly awaitsScore?: boolean;
  /** How long every step of an adaptation blocks its thread, as the run of a session does. */
  readonly blockMs?: number;
  /** Values of a detector's maps, at least 4. */
  readonly mapValues?: number;
}

const checkpointEvery = 5;
const defaultSteps = 20;
const held: Buffer[] = [];
let tellHalved: OnBatchHalved = () => {};
let tellScored: () => void;
const firstScore = new Promise<void>((resolve) => {
  tellScored = resolve;
});

function readScript(folder: string | undefined): Script {
  const file = path.join(folder ?? '', 'script.json');
  return folder !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

async function obey(folder: string | undefined, at: { step?: number; batch?: number } = {}): Promise<void> {
  const script = readScript(folder);
  if (!script.command || (script.step !== undefined && script.step !== at.step)) return;
  if (script.batch !== undefined && script.batch > (at.batch ?? 0)) return;
  const count = path.join(folder!, 'obeyed');
  if (existsSync(count) && statSync(count).size >= (script.times ?? Infinity)) return;
  appendFileSync(count, '.');
  await commands[script.command](script);
}

const commands: Record<NonNullable<Script['command']>, (script: Script) => void | Promise<void>> = {
  kill: () => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  },
  abort: () => process.abort(),
  exit: () => process.exit(3),
  block: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  hang: () => new Promise(() => {}),
  fail: () => {
    throw new TypeError('the fake was told to fail');
  },
  outOfMemory: () => {
    throw new OutOfMemoryError('the fake was told to run out of memory');
  },
  halve: () => tellHalved({ work: 'image tower', backbone: 'lite', batch: 8 }),
  allocate: ({ bytes = 0 }) => {
    held.push(Buffer.alloc(bytes, 1));
  },
};

class FakeRun implements AdaptationRun {
  readonly #job: AdaptationJob;
  readonly #samples: SampleSource;
  readonly #steps: number;
  #step = 0;
  #digest = '';

  constructor(job: AdaptationJob, samples: SampleSource) {
    this.#job = job;
    this.#samples = samples;
    this.#steps = readScript(job.workFolder).steps ?? defaultSteps;
    if (existsSync(this.#file)) [this.#step, this.#digest] = JSON.parse(readFileSync(this.#file, 'utf8'));
  }

  get #file(): string {
    return path.join(this.#job.workFolder, 'checkpoint.json');
  }

  get progress(): AdaptationProgress {
    return { phase: 'training', done: this.#step, total: this.#steps, loss: 1 / (this.#step + 1) };
  }

  get waitsFor(): Promise<unknown> | undefined {
    return this.#step === 1 && readScript(this.#job.workFolder).awaitsScore ? firstScore : undefined;
  }

  async advance(): Promise<boolean> {
    await this.waitsFor;
    await obey(this.#job.workFolder, { step: this.#step });
    const { blockMs = 0 } = readScript(this.#job.workFolder);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
    const request = { image: 0, seed: this.#job.options.seed, step: this.#step, sample: 0, purpose: 0 };
    const [sample] = await this.#samples.draw([request]);
    this.#digest = createHash('sha256').update(this.#digest).update(sample!.image).digest('hex');
    this.#step++;
    if (this.#step % checkpointEvery === 0) await this.checkpoint();
    if (this.#step < this.#steps) return false;
    mkdirSync(this.#job.outFolder, { recursive: true });
    writeFileSync(path.join(this.#job.outFolder, 'detector.json'), this.#digest);
    return true;
  }

  async checkpoint(): Promise<void> {
    writeFileSync(`${this.#file}.partial`, JSON.stringify([this.#step, this.#digest]));
    renameSync(`${this.#file}.partial`, this.#file);
  }

  async release(): Promise<void> {
    writeFileSync(path.join(this.#job.workFolder, 'released'), '');
  }
}

/**
 * An image's score is its first byte over 255; its map holds the score, the batch's size, the process id and 1 where
 * float32 was asked for. Detectors share a tower by their first letter.
 */
async function score(batch: readonly ScoreInput[], precision: PrecisionChoice) {
  for (const { detector } of batch) await obey(detector.folder, { batch: batch.length });
  tellScored();
  return batch.map(({ image, detector }) => {
    const score = image.data[0]! / 255;
    const map = new Float32Array(readScript(detector.folder).mapValues ?? 4);
    map.set([score, batch.length, process.pid, precision === 'float32' ? 1 : 0]);
    return { score, map, mapSide: 2 };
  });
}

export async function createCompute(
  { device, precision, modelsFolder }: ComputeSettings,
  onBatchHalved: OnBatchHalved,
): Promise<Compute> {
  tellHalved = onBatchHalved;
  await obey(modelsFolder);
  if (device.startsWith('cuda')) throw new EngineError('device-unavailable', `The device ${device} did not load.`);
  return {
    provider: 'cpu',
    batchSizes: [1, 2, 4, 8, 16],
    async towerKey({ id, folder }) {
      if (!existsSync(folder)) throw new TypeError(`There is no detector in ${folder}.`);
      return id[0]!;
    },
    score: (batch) => score(batch, precision),
    openAdaptation: async (job, samples) => new FakeRun(job, samples),
    openInspection: async () => {
      throw new Error('The fake inspects nothing.');
    },
    openRevision: async () => {
      throw new Error('The fake revises nothing.');
    },
    release: async () => {},
  };
}
