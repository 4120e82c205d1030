import { type Backbone, openBackbone } from '@mediclip/backbones';
import type { Runtime } from '@mediclip/onnx-graph';
import { AdaptationError } from '../errors.js';
import { Tower, type TowerOptions } from './tower.js';

/** So many towers are kept that nobody retains. */
const mostTowers = 8;

/**
 * The image towers in use, each loaded once and shared by all detectors and trainings of its backbone and taps. Beyond
 * a number of them the least recently used one that nobody retains is released; it is loaded again when it is next
 * needed.
 */
export class Towers {
  /** The least recently used one first. */
  readonly #towers = new Map<string, Tower>();
  #releasing: Promise<void> = Promise.resolve();
  readonly #backbones = new Map<string, Backbone>();

  readonly #options: TowerOptions & { readonly modelsFolder?: string; readonly mostTowers?: number };

  constructor(
    readonly runtime: Runtime,
    options: TowerOptions & { readonly modelsFolder?: string; readonly mostTowers?: number } = {},
  ) {
    this.#options = options;
  }

  /** The tower of a backbone up to `taps` (the backbone's own when left out). Throws for what the catalogue lacks. */
  open(backboneId: string, taps?: readonly number[]): Tower {
    const backbone = this.#backbones.get(backboneId) ?? openBackbone(backboneId, this.#options);
    this.#backbones.set(backboneId, backbone);
    const wanted = taps ?? backbone.defaultTaps;
    for (const tap of wanted) backbone.tapShape(tap);
    const key = towerKey(backboneId, wanted);
    const tower = this.#towers.get(key) ?? this.#make(backbone, wanted);
    this.#towers.delete(key);
    this.#towers.set(key, tower);
    this.#releaseUnused(tower);
    return tower;
  }

  /**
   * The tower that a detector needs. Throws an `AdaptationError` when the weights here are not those it was made with.
   */
  openFor(backbone: { id: string; digest: string }, taps: readonly number[]): Tower {
    const tower = this.open(backbone.id, taps);
    if (tower.backbone.digest !== backbone.digest) {
      throw new AdaptationError(
        'backbone-mismatch',
        `The detector was made with other weights of ${backbone.id} than those here: bring the same weights or adapt again.`,
      );
    }
    return tower;
  }

  #make(backbone: Backbone, taps: readonly number[]): Tower {
    const sibling = (others: readonly number[]) => this.open(backbone.id, others);
    return new Tower(this.runtime, backbone, taps, { ...this.#options, sibling });
  }

  async release(): Promise<void> {
    const towers = [...this.#towers.values()];
    this.#towers.clear();
    for (const tower of towers) await tower.release();
    await this.#releasing;
  }

  #releaseUnused(opened: Tower): void {
    const most = this.#options.mostTowers ?? mostTowers;
    for (const [key, tower] of this.#towers) {
      if (this.#towers.size <= most) break;
      if (tower === opened || tower.isRetained) continue;
      this.#towers.delete(key);
      this.#releasing = this.#releasing.then(() => tower.release());
    }
  }
}

/** Detectors with the same key can share a tower pass. */
export const towerKey = (backboneId: string, taps: readonly number[]): string => `${backboneId}[${taps.join(',')}]`;
