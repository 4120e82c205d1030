import { createHash } from 'node:crypto';
import path from 'node:path';
import type { AdaptationOptions, ChosenIntensity } from '@mediclip/contracts';
import type { NormalImage } from '@mediclip/synthesis';
import { AdaptationError } from '../errors.js';
import { usesMemory } from '../graphs/patch-memory.js';
import { tooAlike } from '../shots/choose-shots.js';
import { areAllAlike } from '../shots/relatives.js';
import type { Tower } from '../tower/tower.js';
import { artifactNames } from './trainer.js';

/** Where shots come from. */
export interface ShotsOrigin {
  /** Per shot, the digest of its pixels as they are scored: who evaluates the detector leaves these pictures out. */
  readonly pixelDigests: readonly string[];
  /** Training images that were left out as near copies of shots. */
  readonly copies: number;
}

/** A training to run: resolved options and the shots of the backbone's side, all grey or all RGB. */
export interface AdaptationJob {
  readonly options: AdaptationOptions;
  readonly images: readonly NormalImage[];
  /** What the detector's description says of the shots beside their number; nothing else depends on it. */
  readonly origin?: ShotsOrigin | undefined;
  /** How greys of the shots deeper than 8 bits were rendered, and images that are scored will be. */
  readonly intensity?: ChosenIntensity | undefined;
  /** Holds the training artifacts and the checkpoint; a run that finds its own checkpoint there goes on from it. */
  readonly workFolder: string;
  /** Receives the detector's files at the end. */
  readonly outFolder: string;
}

/** Where a run keeps its training artifacts and its checkpoint. */
export const trainingFolder = (workFolder: string): string => path.join(workFolder, 'training');
export const checkpointFile = (workFolder: string): string =>
  path.join(trainingFolder(workFolder), artifactNames.checkpoint);

/**
 * How files become shots. By default as they are scored, so that training and scoring see the same pixels; the paper's
 * preset keeps the two paths of the authors' code, of which that of training is grey (golden/preprocess).
 */
export function shotPreparation({ preset }: Pick<AdaptationOptions, 'preset'>): 'train' | 'test' {
  return preset === 'paper' ? 'train' : 'test';
}

/** Prepared images as the shots of one job: greys, one value a pixel, unless any of them has colour. */
export function shotsOf(prepared: readonly NormalImage[]): readonly NormalImage[] {
  return prepared.every(isGrey) ? prepared.map(greyOf) : prepared;
}

/** For people, of a job whose training sees other pixels of coloured pictures than scoring does (`shotPreparation`). */
export const colourPathsNote =
  'Some training images have colour. The paper preset trains on their grey levels and scores in colour, as the code of the authors does: scores of coloured images are less sure; the default preset sees the same pixels both times.';

/** Whether a prepared image has a pixel that is not grey. */
export function hasColour(prepared: NormalImage): boolean {
  return !isGrey(prepared);
}

function isGrey({ width, height, data }: NormalImage): boolean {
  if (data.length === width * height) return true;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}

function greyOf(image: NormalImage): NormalImage {
  const pixels = image.width * image.height;
  if (image.data.length === pixels) return image;
  return { ...image, data: Uint8Array.from({ length: pixels }, (_, i) => image.data[3 * i]!) };
}

/**
 * Throws an `AdaptationError` when there are no images, they have another side than the backbone's, or a memory is to
 * be made of near copies of one picture, among which nothing can be measured.
 */
export function checkImages({ images, options }: Pick<AdaptationJob, 'images' | 'options'>, { backbone }: Tower): void {
  if (images.length === 0) {
    throw new AdaptationError('too-few-normal-images', 'An adaptation needs at least one normal image: add some.');
  }
  for (const { width, height, data } of images) {
    if (width !== backbone.side || height !== backbone.side) {
      throw new AdaptationError(
        'bad-image',
        `A training image is ${width} x ${height} but ${backbone.id} takes ${backbone.side} x ${backbone.side}: resize it.`,
      );
    }
    if (data.length !== images[0]!.data.length) {
      throw new AdaptationError('bad-image', 'Some training images are grey and some in colour: prepare them alike.');
    }
  }
  if (usesMemory(options.scoring) && areAllAlike(images)) throw tooAlike(images.length);
}

/** Digest of the shots' pixels, in order. */
export function imagesDigest(images: readonly NormalImage[]): string {
  const hash = createHash('sha256');
  for (const { data } of images) hash.update(data);
  return `sha256:${hash.digest('hex')}`;
}

/** Digest of everything that the course of a run depends on. */
export function configurationDigest({ options, images }: AdaptationJob, { backbone, taps }: Tower): string {
  const { name: _, ...course } = options;
  return createHash('sha256')
    .update(JSON.stringify([course, taps, backbone.digest, imagesDigest(images)]))
    .digest('hex');
}
