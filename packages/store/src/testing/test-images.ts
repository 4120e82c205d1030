import type { ImageContent, ImageDescription } from '../datasets/image-repository.js';

/** Description of an image for tests that don't care. */
export function imageDescription(given: Partial<ImageDescription> = {}): ImageDescription {
  return {
    fileName: 'scan.png',
    split: 'train',
    label: 'normal',
    format: 'png',
    mediaType: 'image/png',
    width: 2,
    height: 3,
    notes: [],
    ...given,
  };
}

export function imageContent(text: string, mask?: string): ImageContent {
  const bytes = new TextEncoder().encode(text);
  return mask === undefined
    ? { bytes }
    : { bytes, mask: { bytes: new TextEncoder().encode(mask), width: 2, height: 3 } };
}
