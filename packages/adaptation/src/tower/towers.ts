import { type Backbone, openBackbone } from '@mediclip/backbones';
import type { Runtime } from '@mediclip/onnx-graph';
import { AdaptationError } from '../errors.js';
import { Tower, type TowerOptions } from './tower.js';

/** The image towers in use, each loaded once and shared by all detectors and trainings of its backbone and taps. */
export class Towers {
  readonly #towers = new Map<string, Tower>();
  readonly #backbones = new Map<string, Backbone>();

  constructor(
    readonly runtime: Runtime,
    private readonly options: TowerOptions & { readonly modelsFolder?: string } = {},
  ) {}

  /** The tower of a backbone up to `taps` (the backbone's own when left out). Throws for what the catalogue lacks. */
  open(backboneId: string, taps?: readonly number[]): Tower {
    const backbone = this.#backbones.get(backboneId) ?? openBackbone(backboneId, this.options);
    this.#backbones.set(backboneId, backbone);
    const wanted = taps ?? backbone.defaultTaps;
    for (const tap of wanted) backbone.tapShape(tap);
    const key = towerKey(backboneId, wanted);
    const tower = this.#towers.get(key) ?? new Tower(this.runtime, backbone, wanted, this.options);
    this.#towers.set(key, tower);
    return tower;
  }

  /** The tower that a detector needs. Throws an `AdaptationError` when the weights here are not those it was made with. */
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

  async release(): Promise<void> {
    const towers = [...this.#towers.values()];
    this.#towers.clear();
    for (const tower of towers) await tower.release();
  }
}

/** Detectors with the same key can share a tower pass. */
export const towerKey = (backboneId: string, taps: readonly number[]): string => `${backboneId}[${taps.join(',')}]`;
