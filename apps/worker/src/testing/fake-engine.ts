import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type AdaptationJob,
  type InspectionJob,
  type NormalsInspected,
  type RevisionJob,
  readDetector,
} from '@mediclip/adaptation';
import { listBackbones, writeSafetensors } from '@mediclip/backbones';
import type { AdaptOptions, Engine, EngineEvents, EngineState, ScoreOptions } from '@mediclip/engine';
import { EngineError } from '@mediclip/engine';
import type { AnomalyMap } from '@mediclip/maps';
import type { WorkerEngine } from '../dependencies.js';

const mapSide = 16;

/** An adaptation that the fake was asked for. */
export interface FakeAdaptation {
  readonly job: AdaptationJob;
  /** The step that it went on from. */
  readonly from: number;
}

/** An engine that computes nothing: its adaptations count steps, its scores are the brightness of the image. */
export class FakeEngine extends EventEmitter<EngineEvents> implements WorkerEngine {
  readonly steps = 10;
  /** Adaptations wait before this step, until they are let go, cancelled or stopped. */
  holdBeforeStep = Infinity;
  /** Scores wait once so many images were scored. */
  holdAfterImages = Infinity;
  /** What the next adaptations or scores end with. */
  failure: Error | undefined;
  readonly adaptations: FakeAdaptation[] = [];
  readonly scoredBy: string[] = [];
  readonly forgotten: string[] = [];
  /** How many images each inspection was of, and what the next ones find. */
  readonly inspected: number[] = [];
  normalsFound: NormalsInspected = { outliers: [], isMixed: false };
  /** Detectors that see dark as abnormal, by their id. */
  readonly inverted = new Set<string>();
  /** Scores up to this one are of images of another kind; undefined: nothing is said of kinship. */
  foreignUpTo: number | undefined;
  /** Why CUDA was passed over. */
  passedOver: string | undefined;
  /** Whether a score or an adaptation has come to where it waits. */
  isHolding = false;
  #status: EngineState['status'] = 'ready';
  readonly #stop = new AbortController();
  readonly #go = new AbortController();

  get state(): EngineState {
    const status = this.#stop.signal.aborted ? 'stopped' : this.#status;
    const gauges = { waitingScores: 0, waitingAdaptations: 0, adaptationOpen: false };
    return {
      status,
      device: 'cpu',
      provider: 'cpu',
      passedOver: this.passedOver,
      restarts: 0,
      pid: 1,
      rssBytes: 0,
      gauges,
    };
  }

  /** Is from now on as a real one whose process ended, does not start, or runs again. */
  become(status: EngineState['status']): void {
    this.#status = status;
    this.emit('status', status);
  }

  /** Lets go what waits. */
  release(): void {
    this.holdBeforeStep = this.holdAfterImages = Infinity;
    this.#go.abort();
  }

  async adapt(job: AdaptationJob, { signal, onProgress = () => {} }: AdaptOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const file = path.join(job.workFolder, 'training', 'checkpoint');
    const from = existsSync(file) ? Number(await readFile(file, 'utf8')) : 0;
    this.adaptations.push({ job, from });
    await mkdir(path.dirname(file), { recursive: true });
    for (let step = from; step < this.steps; step++) {
      if (step >= this.holdBeforeStep) await this.#hold(signal);
      if (this.failure) throw this.failure;
      await writeFile(`${file}.partial`, String(step + 1));
      await rename(`${file}.partial`, file);
      onProgress({ phase: 'training', done: step + 1, total: this.steps, loss: 1 / (step + 1) });
    }
    await writeFakeDetector(job);
  }

  async inspect({ images, outFolder }: InspectionJob, { signal }: AdaptOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.inspected.push(images.length);
    await mkdir(outFolder, { recursive: true });
    await writeFile(path.join(outFolder, 'normals.json'), JSON.stringify(this.normalsFound));
  }

  async revise({ parentFolder, images, outFolder }: RevisionJob, { signal, onProgress }: AdaptOptions = {}) {
    signal?.throwIfAborted();
    if (this.steps > this.holdBeforeStep) await this.#hold(signal);
    if (this.failure) throw this.failure;
    onProgress?.({ phase: 'finishing', done: images.length, total: images.length });
    const { description } = await readDetector(parentFolder);
    await writeFakeDetector({ ...description, images, outFolder });
  }

  async score(
    { detector, images }: Parameters<Engine['score']>[0],
    { signal, caller = '' }: ScoreOptions = {},
  ): Promise<AnomalyMap[]> {
    signal?.throwIfAborted();
    if (this.scoredBy.length >= this.holdAfterImages) await this.#hold(signal);
    if (this.failure) throw this.failure;
    for (const _ of images) this.scoredBy.push(caller);
    this.emit('batch', { size: images.length, queuedMs: images.map(() => 1), computeMs: 2 });
    const inverted = this.inverted.has(detector.id);
    return images.map(({ data, side }) => {
      const scored = brightness(inverted ? data.map((value) => 255 - value) : data, side);
      if (this.foreignUpTo === undefined) return scored;
      const isForeign = scored.score <= this.foreignUpTo;
      return { ...scored, kinship: isForeign ? { share: 0, foreign: 'other-kind' } : { share: 0.5 } };
    });
  }

  forget(detectorId: string): void {
    this.forgotten.push(detectorId);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
  }

  async #hold(signal: AbortSignal | undefined): Promise<void> {
    const ends = [this.#go.signal, this.#stop.signal, ...(signal ? [signal] : [])];
    const end = AbortSignal.any(ends);
    this.isHolding = true;
    if (!end.aborted) await new Promise<void>((resolve) => end.addEventListener('abort', () => resolve()));
    signal?.throwIfAborted();
    if (this.#stop.signal.aborted) throw new EngineError('stopped', 'The engine was stopped.');
  }
}

/** The mean brightness of the image, and of its parts as the map. */
function brightness(data: Uint8Array, side: number): AnomalyMap {
  const part = side / mapSide;
  const map = Float32Array.from({ length: mapSide * mapSide }, (_, i) => {
    const [row, column] = [Math.floor(i / mapSide) * part, (i % mapSide) * part];
    return data[(row * side + column) * 3]! / 255;
  });
  const score = map.reduce((sum, value) => sum + value, 0) / map.length;
  return { score, logit: Math.log((score + 1e-9) / (1 - score + 1e-9)), map, mapSide };
}

async function writeFakeDetector({
  options,
  images,
  intensity,
  outFolder,
}: Pick<AdaptationJob, 'options' | 'images' | 'intensity' | 'outFolder'>): Promise<void> {
  const backbone = listBackbones().find(({ id }) => id === options.backbone)!;
  const { memoryWeight, memoryImageWeight } = options.scoring;
  const usesMemory = memoryWeight > 0 || memoryImageWeight > 0;
  await mkdir(outFolder, { recursive: true });
  await writeFile(path.join(outFolder, 'detector.safetensors'), writeSafetensors([]));
  const description = {
    formatVersion: 2,
    options,
    backbone: { id: backbone.id, digest: backbone.digest, family: backbone.family, licence: backbone.licence },
    taps: backbone.taps,
    side: backbone.side,
    ...(usesMemory && { memory: { taps: backbone.taps, patches: images.length } }),
    ...(intensity && { intensity }),
    images: { count: images.length, digest: 'none' },
    lossHistory: [{ epoch: 1, loss: 0.5, focal: 0.2, dice: 0.3 }],
    selectedEpoch: 1,
  };
  await writeFile(path.join(outFolder, 'detector.json'), JSON.stringify(description));
}
