import { createHash } from 'node:crypto';
import path from 'node:path';
import type { AdaptationOptions } from '@mediclip/contracts';
import type { GreyImage } from '@mediclip/synthesis';
import { AdaptationError } from '../errors.js';
import type { Tower } from '../tower/tower.js';
import { artifactNames } from './trainer.js';

/** A training to run: resolved options and the shots, grey images of the backbone's side. */
export interface AdaptationJob {
  readonly options: AdaptationOptions;
  readonly images: readonly GreyImage[];
  /** Holds the training artifacts and the checkpoint; a run that finds its own checkpoint there goes on from it. */
  readonly workFolder: string;
  /** Receives the detector's files at the end. */
  readonly outFolder: string;
}

export const trainingFolder = (workFolder: string): string => path.join(workFolder, 'training');
export const checkpointFile = (workFolder: string): string =>
  path.join(trainingFolder(workFolder), artifactNames.checkpoint);

/** Throws an `AdaptationError` when there are no images or they have another side than the backbone's. */
export function checkImages({ images }: AdaptationJob, { backbone }: Tower): void {
  if (images.length === 0) {
    throw new AdaptationError('too-few-normal-images', 'An adaptation needs at least one normal image: add some.');
  }
  for (const { width, height } of images) {
    if (width !== backbone.side || height !== backbone.side) {
      throw new AdaptationError(
        'bad-image',
        `A training image is ${width} x ${height} but ${backbone.id} takes ${backbone.side} x ${backbone.side}: resize it.`,
      );
    }
  }
}

/** Digest of the shots' pixels, in order. */
export function imagesDigest(images: readonly GreyImage[]): string {
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
