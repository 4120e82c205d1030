import type { Image } from '@mediclip/contracts';
import type { AnomalyMap } from '@mediclip/maps';

/** An image that is in the figures. */
export interface EvaluatedImage extends Pick<AnomalyMap, 'score' | 'logit' | 'kinship'> {
  readonly image: Image;
}

/** The logits of images, or nothing when one has none: a worker of an earlier version scored it. */
export function logitsOf(images: readonly Pick<AnomalyMap, 'logit'>[]): number[] | undefined {
  const logits = images.flatMap(({ logit }) => logit ?? []);
  return logits.length === images.length ? logits : undefined;
}
