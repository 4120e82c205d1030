import type { AuditedImage } from '@mediclip/contracts';
import type { ImageTraits } from '@mediclip/imaging';
import type { CueSource } from './cues/cues.js';

/** An image to audit: who it is, what its file is, and the traits of its pixels. */
export type ImageToAudit = AuditedImage &
  Pick<CueSource, 'width' | 'height' | 'format'> & {
    /** Digest of the file. */
    readonly sha256: string;
    readonly traits: ImageTraits;
  };

/** What the cues of an image are read from. */
export function cuesOf({ width, height, format, traits }: ImageToAudit): CueSource {
  return { ...traits, width, height, format };
}

/** Whether the images at these places differ in a field. */
export function differIn(images: readonly ImageToAudit[], group: readonly number[], field: 'split' | 'label'): boolean {
  return new Set(group.map((place) => images[place]?.[field])).size > 1;
}
