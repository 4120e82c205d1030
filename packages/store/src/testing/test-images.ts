import type { Image } from '@mediclip/contracts';
import type { ImageContent, ImageDescription, ImageRepository, PlaceInUpload } from '../datasets/image-repository.js';
import { newId } from '../records/ids.js';

const uploadId = newId();
let files = 0;

/** The next place of one long upload, so that images are in the order in which a test makes them. */
export function nextPlace(): PlaceInUpload {
  return { uploadId, file: files++, frame: 0 };
}

/** Stores an image as an upload of its own. */
export async function addImage(
  images: ImageRepository,
  datasetId: string,
  description: ImageDescription,
  content: ImageContent,
): Promise<Image> {
  const image = await images.prepare(datasetId, description, content, nextPlace());
  await images.commit(datasetId, [image]);
  return image;
}

/** Description of an image for tests that do not care. */
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
