import type { Backbone } from './backbone.js';
import { openLite } from './open-lite.js';
import { WeightsError } from './weights-error.js';

export interface CatalogueOptions {
  /** The folder that holds a folder of weights per backbone id; without one only the bundled backbone is at hand. */
  readonly modelsFolder?: string | undefined;
}

export function openBackbone(id: string, _options: CatalogueOptions = {}): Backbone {
  if (id === 'lite') return openLite();
  throw new WeightsError('unknown_backbone', `There is no backbone "${id}"; choose one of lite.`);
}
