import type { AnomalyMap } from '@mediclip/maps';
import { OutOfMemoryError } from '@mediclip/onnx-graph';
import type { Features } from '../tower/features.js';
import type { Tower } from '../tower/tower.js';
import type { Towers } from '../tower/towers.js';
import { towerKey } from '../tower/towers.js';
import { type Detector, detectorShape, readDetector } from './detector-files.js';
import { detectorTaps } from './detector-shape.js';
import { DeviceScorer } from './device-scorer.js';
import { Head } from './head.js';

/** A detector by a name of the caller's choice and the folder of its files. The files of a name never change. */
export interface DetectorReference {
  readonly id: string;
  readonly folder: string;
}

/** An image of the backbone's side, [side, side, 3] RGB bytes, and the detector that is to judge it. */
export interface ScoreRequest {
  readonly detector: DetectorReference;
  readonly image: Uint8Array;
}

const mostDetectors = 256;

/** Scores images with any number of detectors; those of one backbone share its tower and its pass. */
export class Scorer {
  readonly #detectors = new Map<string, Promise<Detector>>();
  readonly #heads = new Map<string, Promise<Head>>();
  readonly #onDevice = new DeviceScorer();

  constructor(private readonly towers: Towers) {}

  /** Requests with the same key share a tower pass. Throws an `AdaptationError` for a damaged detector. */
  async towerKey(reference: DetectorReference): Promise<string> {
    const { description } = await this.#detector(reference);
    return towerKey(description.backbone.id, detectorTaps(description));
  }

  /** Scores requests of one tower key, in their order: on a processor in one tower pass, elsewhere in one run per detector. */
  async score(requests: readonly ScoreRequest[]): Promise<AnomalyMap[]> {
    const first = requests[0];
    if (!first) return [];
    const detectors = await Promise.all(requests.map(({ detector }) => this.#detector(detector)));
    const tower = this.#tower(detectors[0]!);
    if (tower.runtime.provider !== 'cpu') return this.#scoreOnDevice(requests, detectors, tower);
    const features = await tower.sharedFeatures(requests.map(({ image }) => image));
    const scored: AnomalyMap[] = [];
    for (const [index, detector] of detectors.entries()) {
      scored.push(await this.#judge(detector, features[index]!, tower));
    }
    return scored;
  }

  /** Forgets a detector, e.g. one that was deleted. */
  async forget(detectorId: string): Promise<void> {
    this.#detectors.delete(detectorId);
    await this.#onDevice.forget(detectorId);
  }

  async release(): Promise<void> {
    const heads = [...this.#heads.values()];
    this.#heads.clear();
    for (const head of heads) await (await head).release();
    await this.#onDevice.release();
  }

  async #scoreOnDevice(
    requests: readonly ScoreRequest[],
    detectors: readonly Detector[],
    tower: Tower,
  ): Promise<AnomalyMap[]> {
    const scored: AnomalyMap[] = [];
    for (const id of new Set(requests.map(({ detector }) => detector.id))) {
      const indices = requests.flatMap(({ detector }, index) => (detector.id === id ? [index] : []));
      const images = indices.map((index) => requests[index]!.image);
      const answers = await this.#onDevice.score(tower, { id, ...detectors[indices[0]!]! }, images);
      for (const [place, index] of indices.entries()) scored[index] = answers[place]!;
    }
    return scored;
  }

  /** Heads take one image at a time, so that it is the tower that has memory to give when theirs runs out. */
  async #judge(detector: Detector, features: Features, tower: Tower): Promise<AnomalyMap> {
    const judge = async () => (await this.#head(detector)).run(features, detector.tensors);
    try {
      return await judge();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || !(await tower.halve())) throw error;
      return judge();
    }
  }

  #tower({ description }: Detector): Tower {
    return this.towers.openFor(description.backbone, detectorTaps(description));
  }

  #detector({ id, folder }: DetectorReference): Promise<Detector> {
    const known = this.#detectors.get(id) ?? readDetector(folder);
    this.#detectors.delete(id);
    this.#detectors.set(id, known);
    known.catch(() => this.#detectors.delete(id));
    if (this.#detectors.size > mostDetectors) this.#detectors.delete(this.#detectors.keys().next().value!);
    return known;
  }

  #head(detector: Detector): Promise<Head> {
    const { runtime, backbone } = this.#tower(detector);
    const shape = detectorShape(detector, backbone);
    const key = JSON.stringify({ ...shape, backbone: backbone.id });
    const head = this.#heads.get(key) ?? Head.open(runtime, shape);
    this.#heads.set(key, head);
    head.catch(() => this.#heads.delete(key));
    return head;
  }
}
