import { type Image, type JudgedImage, type Lineage, learnedImageIds } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import { learnedGroups, rememberedGroup } from '../learned-groups.js';

/** The normal ones of images: by their label, and not called abnormal by a verdict. */
export function normalOnes(images: readonly Image[], judged: readonly JudgedImage[]): Image[] {
  const abnormal = new Set(judged.flatMap(({ imageId, verdict }) => (verdict === 'abnormal' ? [imageId] : [])));
  return images.filter(({ id, label }) => label === 'normal' && !abnormal.has(id));
}

/**
 * The normal images of a data set that a model has not learned from, in order of upload: neither the images that it
 * knows, nor copies of them, nor (`ofLearnedGroups`) images of their groups. Copies, and groups that images were given
 * since, are known as long as the data sets that these are from are there.
 */
export async function unseenNormalImages(
  all: readonly Image[],
  lineage: Pick<Lineage, 'datasetId' | 'imageIds' | 'added'>,
  { images }: Pick<TenantStore, 'images'>,
): Promise<{ readonly unseen: Image[]; readonly ofLearnedGroups: Image[] }> {
  const seenIds = new Set(learnedImageIds(lineage));
  const seenContent = new Set<string>();
  const seenGroups = learnedGroups(lineage);
  const { added = [] } = lineage;
  for (const datasetId of new Set([lineage.datasetId, ...added.map((one) => one.datasetId)])) {
    const filter = added.length > 0 ? {} : ({ split: 'train', label: 'normal' } as const);
    try {
      for await (const image of images.all(datasetId, filter)) {
        if (!seenIds.has(image.id)) continue;
        seenContent.add(image.sha256);
        if (image.group !== undefined) seenGroups.add(rememberedGroup(image.group, datasetId));
      }
    } catch (error) {
      if (!(error instanceof RecordNotFound)) throw error;
    }
  }
  const others = all.filter(
    (image) => image.label === 'normal' && !seenIds.has(image.id) && !seenContent.has(image.sha256),
  );
  const isOfLearnedGroup = ({ group, datasetId }: Image) =>
    group !== undefined && seenGroups.has(rememberedGroup(group, datasetId));
  return {
    unseen: others.filter((image) => !isOfLearnedGroup(image)),
    ofLearnedGroups: others.filter(isOfLearnedGroup),
  };
}
