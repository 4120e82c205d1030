import type { Image, Lineage } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';

/**
 * The normal images of a data set that a model has not learned from, in order of upload: neither the images it was adapted on nor copies
 * of them. Copies are known as long as the data set that the model was adapted on is there.
 */
export async function unseenNormalImages(
  all: readonly Image[],
  { datasetId, imageIds }: Pick<Lineage, 'datasetId' | 'imageIds'>,
  { images }: Pick<TenantStore, 'images'>,
): Promise<Image[]> {
  const seenIds = new Set(imageIds);
  const seenContent = new Set<string>();
  try {
    for await (const image of images.all(datasetId, { split: 'train', label: 'normal' })) {
      if (seenIds.has(image.id)) seenContent.add(image.sha256);
    }
  } catch (error) {
    if (!(error instanceof RecordNotFound)) throw error;
  }
  return all.filter((image) => image.label === 'normal' && !seenIds.has(image.id) && !seenContent.has(image.sha256));
}
