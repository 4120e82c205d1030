import { join } from 'node:path';
import type { Backbone } from '../backbone.js';
import { openBiomedClip } from '../families/biomedclip.js';
import { openClipBackbone } from '../families/clip.js';
import type { CatalogueEntry } from './entries.js';

/** Opens the weights of an entry that is not bundled, whatever model they are of. Throws `WeightsError`. */
export function openWeights(
  folder: string,
  { family, files, mean, std, activation, imageHeads }: CatalogueEntry,
): Backbone {
  if (family === 'timm-vit') return openBiomedClip(folder, { files, mean, std });
  return openClipBackbone({
    weightsPath: join(folder, files[0]!),
    activation,
    mean,
    std,
    ...(imageHeads && { imageHeads }),
  });
}

/**
 * In what weights differ from the model that the catalogue describes: `the text width is 64, not 512`. Empty if they
 * are its own.
 */
export function differences(entry: CatalogueEntry, backbone: Backbone): string[] {
  const shapes = backbone.defaultTaps.map((tap) => backbone.tapShape(tap));
  const found = facts({
    ...backbone,
    taps: backbone.defaultTaps,
    tapWidths: shapes.map(({ channels }) => channels),
    tapGrids: shapes.map(({ grid }) => grid),
  });
  const wanted = facts(entry);
  return Object.entries(wanted)
    .filter(([name, value]) => found[name] !== value)
    .map(([name, value]) => `the ${name} is ${found[name]}, not ${value}`);
}

type Described = Pick<
  CatalogueEntry,
  'family' | 'textFamily' | 'side' | 'textWidth' | 'embeddingWidth' | 'taps' | 'tapWidths' | 'tapGrids'
>;

const facts = ({
  family,
  textFamily,
  side,
  textWidth,
  embeddingWidth,
  ...image
}: Described): Record<string, string> => ({
  'image tower': family,
  'text tower': textFamily,
  'input side': `${side}`,
  'text width': `${textWidth}`,
  'embedding width': `${embeddingWidth}`,
  'list of taps': image.taps.join('/'),
  'width of the taps': image.tapWidths.join('/'),
  'grid of the taps': image.tapGrids.join('/'),
});
