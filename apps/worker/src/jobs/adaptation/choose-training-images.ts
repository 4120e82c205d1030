import { chooseDistinctShots, firstOfEach, type PictureData } from '@mediclip/adaptation';
import { type AdaptationOptions, type Image, ProblemError } from '@mediclip/contracts';
import type { ImageChoice } from '../fixed-images.js';

/**
 * The shots that the seed picks among the normal training images, in order of upload: distinct pictures, as `look`
 * shows them, of as many groups as there are. Rejects with a ProblemError when there are too few images, with an
 * `AdaptationError` when too few of them are distinct.
 */
export async function chooseTrainingImages(
  images: readonly Image[],
  { shots, seed }: Pick<AdaptationOptions, 'shots' | 'seed'>,
  look: (image: Image) => Promise<PictureData>,
): Promise<ImageChoice> {
  const normal = images.filter(({ split, label }) => split === 'train' && label === 'normal');
  if (normal.length < shots) {
    throw new ProblemError(
      'too-few-images',
      `The data set has ${normal.length} normal training images and ${shots} shots were asked for: upload more, or ask for fewer.`,
      { needed: shots, available: normal.length },
    );
  }
  const firstOfBytes = firstOfEach(normal.map(({ sha256 }) => sha256));
  const groups = normal.map(({ group }) => group);
  const chosen = await chooseDistinctShots(firstOfBytes, { shots, seed, groups }, async (indices) => {
    const pictures: PictureData[] = [];
    for (const index of indices) pictures.push(await look(normal[index]!));
    return pictures;
  });
  const copies = chosen.copies.map(({ index, of }) => ({ imageId: normal[index]!.id, of: normal[of]!.id }));
  return {
    images: chosen.shots.map((index) => normal[index]!),
    shots: { pixelDigests: [...chosen.pixelDigests], copies },
  };
}
