import type { Backbone } from '@mediclip/backbones';
import type { PrecisionChoice, TowerPrecision } from '@mediclip/contracts';
import { input, OutOfMemoryError, type Runtime, type Session, type Tensor } from '@mediclip/onnx-graph';
import { discard } from '@mediclip/threads';
import type { OnBatchHalved } from '../halving.js';
import { largeBytes, usedWeights, weightBytes } from '../weight-files.js';
import { batchShapesFor, type NextBatch, nextBatch } from './batch-shapes.js';
import { FeatureCache } from './feature-cache.js';
import type { Features } from './features.js';
import { LaneSessions } from './lane-sessions.js';
import { pixelFeed } from './pixels.js';
import { refuseOverflow, towerPrecision } from './precision.js';
import { rgbOf } from './rgb.js';
import { openTowerSession, type TowerSessionOptions } from './tower-session.js';

/** Of `lite`, the features of 64 images. */
const defaultCacheBytes = 2 ** 25;

export interface TowerOptions {
  readonly onBatchHalved?: OnBatchHalved;
  /** Default `auto`. */
  readonly precision?: PrecisionChoice;
  /** Whether attention in half precision is one operator of ONNX Runtime; default no. */
  readonly fusedAttention?: boolean;
  /** Bytes of features that are kept of images which may come again, least recently used ones go first; 32 MiB. */
  readonly featureCacheBytes?: number;
  /** The shared tower of the same backbone up to other taps, if there are shared ones. */
  readonly sibling?: (taps: readonly number[]) => Tower;
}

/** A tower that is in use until it is given back. */
export interface BorrowedTower {
  readonly tower: Tower;
  readonly giveBack: () => Promise<void>;
}

/**
 * The frozen image tower of a backbone up to its taps, as sessions of a few fixed batch shapes made when first needed.
 * All detectors of one backbone and the same taps share it. When memory runs out, its batches are halved once; an
 * OutOfMemoryError is what comes after that. One call at a time.
 */
export class Tower {
  readonly #sessions = new Map<number, Promise<Session>>();
  /** What images pass in place of a batch, where the runtime has lanes and the tower is not large. */
  readonly #lanes: LaneSessions;
  readonly #cache: FeatureCache;
  #shapes: readonly number[] | undefined;
  #halved = false;
  #bytes: number | undefined;
  #users = 0;

  readonly #options: TowerOptions;

  constructor(
    readonly runtime: Runtime,
    readonly backbone: Backbone,
    readonly taps: readonly number[],
    options: TowerOptions = {},
  ) {
    this.#options = options;
    this.#cache = new FeatureCache(options.featureCacheBytes ?? defaultCacheBytes);
    this.#lanes = new LaneSessions(runtime, (lane) => this.#openIn(lane, 1));
  }

  get onBatchHalved(): OnBatchHalved | undefined {
    return this.#options.onBatchHalved;
  }

  /** This tower if `taps` are its own, else another one of the same backbone, for the caller to release. */
  at(taps: readonly number[]): Tower {
    if (taps.join() === this.taps.join()) return this;
    return new Tower(this.runtime, this.backbone, taps, this.#options);
  }

  /** `at(taps)`, but the shared one where towers are shared, so that what one work has computed there serves others. */
  borrow(taps: readonly number[]): BorrowedTower {
    if (taps.join() === this.taps.join()) return { tower: this, giveBack: async () => {} };
    const shared = this.#options.sibling?.(taps);
    if (!shared) {
      const tower = this.at(taps);
      return { tower, giveBack: () => tower.release() };
    }
    const letGo = shared.retain();
    return { tower: shared, giveBack: async () => letGo() };
  }

  /** Whether somebody has asked for it to be kept loaded. */
  get isRetained(): boolean {
    return this.#users > 0;
  }

  /**
   * Keeps this tower from being released as one that was not used for long, until the function that is returned is
   * called.
   */
  retain(): () => void {
    let isHeld = true;
    this.#users += 1;
    return () => {
      if (isHeld) this.#users -= 1;
      isHeld = false;
    };
  }

  async precision(): Promise<TowerPrecision> {
    return towerPrecision(this.runtime, this.backbone, await this.#weightBytes(), this.#options.precision);
  }

  /** How a session for batches of so many images is opened. */
  async sessionOptions(batch: number): Promise<TowerSessionOptions> {
    return { batch, precision: await this.precision(), fusedAttention: this.#options.fusedAttention ?? false };
  }

  /**
   * The features of images of the backbone's side, each [side, side, 3] RGB bytes, in one run per batch shape. The same
   * images in the same order give the same bits on the same machine, as long as the batch is not halved.
   */
  async features(images: readonly Uint8Array[]): Promise<Features[]> {
    const features: Features[] = [];
    while (features.length < images.length) {
      const next = await this.nextBatch(images.length - features.length);
      try {
        features.push(...(await this.#run(images.slice(features.length, features.length + next.images), next.shape)));
      } catch (error) {
        if (!(error instanceof OutOfMemoryError) || !(await this.halve(next.shape))) throw error;
      }
    }
    return features;
  }

  /**
   * The same for images that were seen before, or will be: an image takes one tower pass for all that ask for it, as
   * long as the bounded cache holds its features. Their last bits may depend on the images with which it was first
   * seen.
   */
  async sharedFeatures(images: readonly Uint8Array[]): Promise<Features[]> {
    return this.#cache.through(images, (missing) => this.features(missing));
  }

  /**
   * The features of an image that takes its tower pass alone, so that they have the same bits whatever was seen before;
   * kept as those of `sharedFeatures` are, apart from them. `image` is square at the tower's side, grey or RGB bytes.
   */
  async featuresAlone(image: Uint8Array): Promise<Features> {
    const rgb = rgbOf(image, this.backbone.side);
    const [features] = await this.#cache.through([rgb], (missing) => this.features(missing), 'alone');
    return features!;
  }

  /** Those of the runtime, in which images that come together pass; none for a large tower, which has no room there. */
  async lanes(): Promise<readonly Runtime[]> {
    return (await this.#hasLanes()) ? this.runtime.lanes! : [];
  }

  /**
   * The features of an RGB image by the first of `lanes` alone, which has the bits that `features` gives, while another
   * lane computes something else.
   */
  async featuresBeside(image: Uint8Array): Promise<Features> {
    try {
      const outputs = await this.#lanes.runInFirst({ pixels: pixelFeed([image], this.backbone, 1) });
      return this.#featuresOf(outputs, [image], 1)[0]!;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || !(await this.halve())) throw error;
      return (await this.features([image]))[0]!;
    }
  }

  /** The next run for so many images. */
  async nextBatch(images: number): Promise<NextBatch> {
    return nextBatch(images, await this.#batchShapes(), this.runtime.provider);
  }

  /**
   * Gives memory back: from now on at most half of `batch` images (of the largest batch when left out) go through the
   * tower in one run, and sessions for more are released. Once in the life of a tower; false when that was done before
   * or would free nothing.
   */
  async halve(batch?: number): Promise<boolean> {
    const shapes = await this.#batchShapes();
    const from = batch ?? shapes[0]!;
    const most = Math.ceil(from / 2);
    const larger = [...this.#sessions.keys()].filter((shape) => shape > most);
    if (this.#halved || (from === 1 && larger.length === 0 && this.#lanes.widest <= 1)) return false;
    this.#halved = true;
    this.#shapes = [most, ...shapes.filter((shape) => shape < most)];
    for (const shape of larger) await this.#releaseSession(shape);
    await this.#lanes.narrow(most);
    this.onBatchHalved?.({ work: 'image tower', backbone: this.backbone.id, batch: most });
    return true;
  }

  async release(): Promise<void> {
    this.#cache.clear();
    for (const batch of [...this.#sessions.keys()]) await this.#releaseSession(batch);
    await this.#lanes.release();
  }

  async #run(images: readonly Uint8Array[], batch: number): Promise<Features[]> {
    if (await this.#hasLanes()) {
      const feeds = images.map((image) => ({ pixels: pixelFeed([image], this.backbone, 1) }));
      const runs = await this.#lanes.run(feeds);
      discard(feeds.map(({ pixels }) => pixels.data));
      return runs.flatMap((outputs, index) => this.#featuresOf(outputs, [images[index]!], 1));
    }
    const session = await this.#session(batch);
    return this.#featuresOf(await session.run({ pixels: pixelFeed(images, this.backbone, batch) }), images, batch);
  }

  #featuresOf(outputs: Readonly<Record<string, Tensor>>, images: readonly Uint8Array[], batch: number): Features[] {
    if (outputs.overflow) refuseOverflow(outputs.overflow.data as Float32Array, this.backbone.id);
    const taps = this.taps.map((_, index) => outputs[`features.${index}`]!.data as Float32Array);
    return images.map((_, index) =>
      taps.map((tap) => tap.subarray((index * tap.length) / batch, ((index + 1) * tap.length) / batch)),
    );
  }

  #session(batch: number): Promise<Session> {
    let session = this.#sessions.get(batch);
    if (!session) {
      session = this.#openIn(this.runtime, batch);
      this.#sessions.set(batch, session);
      session.catch(() => this.#sessions.delete(batch));
    }
    return session;
  }

  async #releaseSession(batch: number): Promise<void> {
    const session = this.#sessions.get(batch);
    this.#sessions.delete(batch);
    await (await session)?.release();
  }

  async #openIn(runtime: Runtime, batch: number): Promise<Session> {
    return openTowerSession(runtime, this.backbone, this.taps, await this.sessionOptions(batch));
  }

  /** Largest first, down to 1. */
  async #batchShapes(): Promise<readonly number[]> {
    this.#shapes ??= (await this.#hasLanes())
      ? Array.from({ length: this.#lanes.width }, (_, index) => this.#lanes.width - index)
      : batchShapesFor(await this.#weightBytes(), this.runtime);
    return this.#shapes;
  }

  async #hasLanes(): Promise<boolean> {
    return this.#lanes.width > 1 && (await this.#weightBytes()) < largeBytes;
  }

  /** The size of the weight files of the image tower. */
  async #weightBytes(): Promise<number> {
    if (this.#bytes === undefined) {
      const { side } = this.backbone;
      const pixels = input('pixels', 'float32', [1, 3, side, side]);
      const features = this.backbone.imageFeatures(pixels, this.taps);
      this.#bytes = await weightBytes(usedWeights(this.backbone, features));
    }
    return this.#bytes;
  }
}
