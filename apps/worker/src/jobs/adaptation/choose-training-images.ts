import { chooseShots } from '@mediclip/adaptation';
import { type AdaptationOptions, type Image, ProblemError } from '@mediclip/contracts';

/** The shots that the seed picks among the normal training images, in order of upload. Throws a ProblemError when there are too few. */
export function chooseTrainingImages(
  images: readonly Image[],
  { shots, seed }: Pick<AdaptationOptions, 'shots' | 'seed'>,
): Image[] {
  const normal = images.filter(({ split, label }) => split === 'train' && label === 'normal');
  if (normal.length < shots) {
    throw new ProblemError(
      'too-few-images',
      `The data set has ${normal.length} normal training images and ${shots} shots were asked for: upload more, or ask for fewer.`,
      { needed: shots, available: normal.length },
    );
  }
  return chooseShots(normal.length, shots, seed).map((index) => normal[index]!);
}
