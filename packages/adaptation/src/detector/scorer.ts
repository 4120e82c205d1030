import type { AnomalyMap } from '@mediclip/maps';
import { OutOfMemoryError } from '@mediclip/onnx-graph';
import { discard } from '@mediclip/threads';
import { LRUCache } from 'lru-cache';
import { greyLayout } from '../kinship/grey-layout.js';
import { kinshipOf } from '../kinship/kinship.js';
import type { Tower } from '../tower/tower.js';
import type { Towers } from '../tower/towers.js';
import { towerKey } from '../tower/towers.js';
import { type Detector, detectorShape, readDetector } from './detector-files.js';
import { detectorTaps } from './detector-shape.js';
import { DeviceScorer } from './device-scorer.js';
import { Head, type ImageToJudge, type JudgedImage } from './head.js';

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
  readonly #heads: LRUCache<string, Head>;
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
    const heads = detectors.map((detector) => this.#head(detector));
    const scored: JudgedImage[] = [];
    while (scored.length < detectors.length) {
      const from = scored.length;
      const head = heads[from]!;
      const others = heads.findIndex((other, index) => index > from && other !== head);
      const to = Math.min(from + head.width, others < 0 ? heads.length : others);
      const images = features.slice(from, to).map((image, index) => ({
        features: image,
        tensors: detectors[from + index]!.tensors,
      }));
      scored.push(...(await judge(head, images, tower)));
    }
    discard(features.flat());
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

  /** In the background. */
  #releaseHead(head: Head): void {
    this.#releasing = this.#releasing.then(() => head.release());
  }

  #tower({ description }: Detector): Tower {
    return this.#towers.openFor(description.backbone, detectorTaps(description));
  }

  #detector({ id, folder }: DetectorReference): Promise<Detector> {
    return openOnce(this.#detectors, id, () => readDetector(folder));
  }

  #head(detector: Detector): Head {
    const { runtime, backbone } = this.#tower(detector);
    const shape = detectorShape(detector, backbone);
    const key = JSON.stringify({ ...shape, backbone: backbone.id });
    const known = this.#heads.get(key);
    if (known) return known;
    const head = new Head(runtime, shape);
    this.#heads.set(key, head);
    return head;
  }
}

/** Heads take few images at a time, so that it is the tower that has memory to give when theirs runs out. */
async function judge(head: Head, images: readonly ImageToJudge[], tower: Tower): Promise<JudgedImage[]> {
  try {
    return await head.run(images);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError) || !(await tower.halve())) throw error;
    return head.run(images);
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
