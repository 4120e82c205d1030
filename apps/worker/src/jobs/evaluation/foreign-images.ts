import { type ForeignImages, mostForeignImages } from '@mediclip/contracts';
import { type Figure, publishedFigure } from '@mediclip/evaluation';
import type { EvaluatedImage } from './evaluated-image.js';

/** The images that are not the kind of image that the model knows; undefined where it does not tell. */
export function foreignImages(evaluated: readonly EvaluatedImage[], aurocWithout: Figure): ForeignImages | undefined {
  if (evaluated.every(({ kinship }) => kinship === undefined)) return undefined;
  const images = evaluated.flatMap(({ image: { id: imageId, fileName, label }, kinship }) =>
    kinship?.foreign ? [{ imageId, fileName, label, foreign: kinship.foreign }] : [],
  );
  return {
    count: images.length,
    images: images.slice(0, mostForeignImages),
    aurocWithout: publishedFigure(aurocWithout),
  };
}
