import { type Image, type Lineage, ProblemError } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';

/**
 * The images that a model knows, in the order of its making: those of its adaptation, then those that revisions added.
 * Rejects with `model-normals-missing` when some are not here any more.
 */
export async function knownNormals(
  { images }: Pick<TenantStore, 'images'>,
  { datasetId, imageIds, added = [] }: Lineage,
): Promise<Image[]> {
  const found: Image[] = [];
  for (const part of [{ datasetId, imageIds }, ...added]) {
    for (const imageId of part.imageIds) {
      try {
        found.push(await images.get(part.datasetId, imageId));
      } catch (cause) {
        if (!(cause instanceof RecordNotFound)) throw cause;
        throw new ProblemError(
          'model-normals-missing',
          `The image ${imageId} is gone. ${cause.message}`,
          {},
          { cause },
        );
      }
    }
  }
  return found;
}
