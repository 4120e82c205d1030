import { DistinctPictures, type PictureData, pixelDigest } from '@mediclip/adaptation';
import { type Image, type JudgedImage, type Label, ProblemError } from '@mediclip/contracts';
import type { ImageChoice } from '../fixed-images.js';

export interface AddedChoice {
  /** All images of the data set, in order of upload. */
  readonly all: readonly Image[];
  /** Ids of those that were asked for; all normal ones without it. */
  readonly imageIds: readonly string[] | undefined;
  /** The latest verdicts on results of the model. */
  readonly judged: readonly JudgedImage[];
  /** What the model knows already. */
  readonly known: readonly PictureData[];
  /** Reads the picture of an image as it is scored. */
  readonly look: (image: Image) => Promise<PictureData>;
}

/**
 * The images of a data set that a revision adds, in order of upload: normal ones by the verdict of a person, or else by
 * their label. Left out are copies and near copies of what the model knows and of each other. Rejects with
 * `too-few-images` when nothing is left.
 */
export async function chooseAdded({ all, imageIds, judged, known, look }: AddedChoice): Promise<ImageChoice> {
  const verdicts = new Map(judged.map(({ imageId, verdict }) => [imageId, verdict]));
  const wanted = imageIds && new Set(imageIds);
  const asked = all.filter((image) => (wanted ? wanted.has(image.id) : isOffered(image, verdicts.get(image.id))));
  const normal = asked.filter(({ id, label }) => (verdicts.get(id) ?? label) === 'normal');
  const distinct = new DistinctPictures<string | undefined>();
  for (const picture of known) distinct.add(undefined, picture);
  const taken = distinct.size;
  const images: Image[] = [];
  const pixelDigests: string[] = [];
  for (const image of normal) {
    const picture = await look(image);
    const before = distinct.size;
    distinct.add(image.id, picture);
    if (distinct.size === before) continue;
    images.push(image);
    pixelDigests.push(pixelDigest(picture));
  }
  if (distinct.size === taken) {
    throw new ProblemError(
      'too-few-images',
      `Of ${asked.length} images none is a normal one that the model does not know: name others.`,
      { needed: 1, available: 0 },
    );
  }
  const leftOut = asked.length - images.length;
  return { images, shots: { pixelDigests, copies: [] }, leftOut };
}

/** What is added when nothing is named: normal training images, and what people have called normal. */
function isOffered({ split, label }: Image, verdict: Label | undefined): boolean {
  return verdict === 'normal' || (verdict === undefined && split === 'train' && label === 'normal');
}
