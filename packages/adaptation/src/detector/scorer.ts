import type { AnomalyMap } from '@mediclip/maps';
import { OutOfMemoryError } from '@mediclip/onnx-graph';
import { LRUCache } from 'lru-cache';
import { greyLayout } from '../kinship/grey-layout.js';
import { kinshipOf } from '../kinship/kinship.js';
import type { Features } from '../tower/features.js';
import type { Tower } from '../tower/tower.js';
import type { Towers } from '../tower/towers.js';
import { towerKey } from '../tower/towers.js';
import { type Detector, detectorShape, readDetector } from './detector-files.js';
import { detectorTaps } from './detector-shape.js';
import { DeviceScorer } from './device-scorer.js';
import { Head, type JudgedImage } from './head.js';

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
/** Sessions are few: all detectors of one backbone, taps and scoring share one. */
const mostHeads = 64;

/** Scores images with any number of detectors; those of one backbone share its tower and its pass. */
export class Scorer {
  readonly #detectors = new LRUCache<string, Promise<Detector>>({ max: mostDetectors });
  readonly #heads: LRUCache<string, Promise<Head>>;
  readonly #onDevice = new DeviceScorer();
  #releasing: Promise<void> = Promise.resolve();

  readonly #towers: Towers;

  constructor(towers: Towers, options: { readonly mostHeads?: number } = {}) {
    this.#towers = towers;
    this.#heads = new LRUCache({ max: options.mostHeads ?? mostHeads, dispose: (head) => this.#releaseHead(head) });
  }

  /** Requests with the same key share a tower pass. Throws an `AdaptationError` for a damaged detector. */
  async towerKey(reference: DetectorReference): Promise<string> {
    const { description } = await this.#detector(reference);
    return towerKey(description.backbone.id, detectorTaps(description));
  }

  /**
   * Scores requests of one tower key, in their order: on a processor in one tower pass, elsewhere in one run per
   * detector.
   */
  async score(requests: readonly ScoreRequest[]): Promise<AnomalyMap[]> {
    const first = requests[0];
    if (!first) return [];
    const detectors = await Promise.all(requests.map(({ detector }) => this.#detector(detector)));
    const tower = this.#tower(detectors[0]!);
    const letGo = tower.retain();
    try {
      const judged =
        tower.runtime.provider === 'cpu'
          ? await this.#scoreHere(requests, detectors, tower)
          : await this.#scoreOnDevice(requests, detectors, tower);
      return judged.map((one, index) => withKinship(one, detectors[index]!, requests[index]!.image));
    } finally {
      letGo();
    }
  }

  /** Forgets a detector, e.g. one that was deleted. */
  async forget(detectorId: string): Promise<void> {
    this.#detectors.delete(detectorId);
    await this.#onDevice.forget(detectorId);
  }

  async release(): Promise<void> {
    this.#heads.clear();
    await this.#releasing;
    await this.#onDevice.release();
  }

  async #scoreHere(
    requests: readonly ScoreRequest[],
    detectors: readonly Detector[],
    tower: Tower,
  ): Promise<JudgedImage[]> {
    const features = await tower.sharedFeatures(requests.map(({ image }) => image));
    const scored: JudgedImage[] = [];
    for (const [index, detector] of detectors.entries()) {
      scored.push(await this.#judge(detector, features[index]!, tower));
    }
    return scored;
  }

  async #scoreOnDevice(
    requests: readonly ScoreRequest[],
    detectors: readonly Detector[],
    tower: Tower,
  ): Promise<JudgedImage[]> {
    const scored: JudgedImage[] = [];
    for (const id of new Set(requests.map(({ detector }) => detector.id))) {
      const indices = requests.flatMap(({ detector }, index) => (detector.id === id ? [index] : []));
      const images = indices.map((index) => requests[index]!.image);
      const answers = await this.#onDevice.score(tower, { id, ...detectors[indices[0]!]! }, images);
      for (const [place, index] of indices.entries()) scored[index] = answers[place]!;
    }
    return scored;
  }

  /** In the background; a head that never opened holds nothing. */
  #releaseHead(opening: Promise<Head>): void {
    const release = async () => (await opening.catch(() => undefined))?.release();
    this.#releasing = this.#releasing.then(release);
  }

  /** Heads take one image at a time, so that it is the tower that has memory to give when theirs runs out. */
  async #judge(detector: Detector, features: Features, tower: Tower): Promise<JudgedImage> {
    const judge = async () => (await this.#head(detector)).run(features, detector.tensors);
    try {
      return await judge();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || !(await tower.halve())) throw error;
      return judge();
    }
  }

  #tower({ description }: Detector): Tower {
    return this.#towers.openFor(description.backbone, detectorTaps(description));
  }

  #detector({ id, folder }: DetectorReference): Promise<Detector> {
    return openOnce(this.#detectors, id, () => readDetector(folder));
  }

  #head(detector: Detector): Promise<Head> {
    const { runtime, backbone } = this.#tower(detector);
    const shape = detectorShape(detector, backbone);
    return openOnce(this.#heads, JSON.stringify({ ...shape, backbone: backbone.id }), () => Head.open(runtime, shape));
  }
}

/** What was judged of an image, with how kin it is to the detector's normals. */
function withKinship(
  { moments, ...judged }: JudgedImage,
  { tensors, description }: Detector,
  image: Uint8Array,
): AnomalyMap {
  if (!moments || !description.kinship) return judged;
  return { ...judged, kinship: kinshipOf(tensors, { moments, layout: greyLayout(image, judged.mapSide) }) };
}

/** What is kept under a key, or is opened and kept from now on; what cannot be opened is tried again next time. */
function openOnce<T>(kept: LRUCache<string, Promise<T>>, key: string, open: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const opening = open();
  kept.set(key, opening);
  opening.catch(() => {
    if (kept.peek(key) === opening) kept.delete(key);
  });
  return opening;
}
