import type { DatasetCounts, Image, ImageChange, ImageRecord, Label, Page, Split } from '@mediclip/contracts';
import { sha256Of } from '@mediclip/files';
import { DamagedContent, RecordExists, RecordNotFound } from '../errors.js';
import { forgetImage } from '../forgetting/forget-image.js';
import { forgottenImages, isForgotten } from '../forgetting/forgotten-images.js';
import { assertUnused } from '../jobs/in-use.js';
import type { StoredStream } from '../object-store.js';
import type { Documents } from '../records/documents.js';
import { idBoundary, idWithin, isId, type Place, timeOfId } from '../records/ids.js';
import { inBatches, loadedAtOnce, type PageRequest, pageOf } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { findDataset, type StoredDataset } from './dataset-record.js';
import { type GroupClaim, GroupSplits, splitsOfGroups } from './group-splits.js';
import { ImageCounts } from './image-counts.js';
import {
  type ImageName,
  imageBlobsFolder,
  imageKey,
  imageNameOf,
  imageNames,
  imagesFolder,
  movedKey,
  possibleNames,
} from './image-keys.js';
import { findImage, imageDocuments, toImage } from './image-record.js';
import { removeImage, removeImageRecord } from './remove-image.js';

/** What is known about an image beside its bytes. */
export type ImageDescription = Omit<Image, 'id' | 'datasetId' | 'createdAt' | 'sha256' | 'sizeBytes' | 'mask'>;

/** The encoded bytes of an image, and of its mask if it has one. */
export interface ImageContent {
  readonly bytes: Uint8Array;
  readonly mask?: { readonly bytes: Uint8Array; readonly width: number; readonly height: number } | undefined;
  /** Which instance of a PACS it comes from, sealed; it is no part of the record, and goes with the bytes. */
  readonly reference?: Uint8Array | undefined;
}

export interface ImageFilter {
  readonly split?: Split | undefined;
  readonly label?: Label | undefined;
  readonly group?: string | undefined;
}

/** Where in which upload an image came. */
export interface PlaceInUpload extends Place {
  /** A UUID of version 7, the same again when the upload is repeated. */
  readonly uploadId: string;
}

/**
 * Images of the data sets of one tenant. Methods reject with `RecordNotFound` when the data set or the image is not
 * there.
 */
export class ImageRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<ImageRecord>;
  readonly #imageCounts: ImageCounts;
  readonly #groups: GroupSplits;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = imageDocuments(tenant);
    this.#imageCounts = new ImageCounts(tenant);
    this.#groups = new GroupSplits(tenant);
  }

  /**
   * Stores the bytes of an image. The image is not in the data set before `commit`; an upload that ends early hands all
   * that it prepared to `discard` (when its process dies, the sweep does that a day later). An upload that is repeated
   * with the same id prepares the same images, with the same ids.
   */
  async prepare(
    datasetId: string,
    description: ImageDescription,
    { bytes, mask, reference }: ImageContent,
    { uploadId, ...place }: PlaceInUpload,
  ): Promise<Image> {
    await this.#assertDataset(datasetId);
    const digests = { sha256: await sha256Of(bytes), maskSha256: mask && (await sha256Of(mask.bytes)) };
    const { fileName, split, label } = description;
    const id = idWithin(uploadId, place, JSON.stringify([fileName, split, label, ...Object.values(digests)]));
    const put = async (content: Uint8Array, digest: string) => {
      await this.#tenant.objects.put(`${imageBlobsFolder(this.#tenant, datasetId, id)}${digest}`, content);
      return { sha256: digest, sizeBytes: content.byteLength };
    };
    if (reference) await this.#tenant.objects.put(this.#referenceKey(datasetId, id), reference);
    return {
      ...description,
      id,
      datasetId,
      ...(await put(bytes, digests.sha256)),
      ...(mask && {
        mask: { ...(await put(mask.bytes, digests.maskSha256!)), width: mask.width, height: mask.height },
      }),
      createdAt: timestamp(this.#tenant),
    };
  }

  /**
   * Puts prepared images into the data set, in their order; those that an earlier try of the same upload has put there
   * stay. When that fails, those that it did put there are taken out again, as far as the store lets it. When the data
   * set was deleted meanwhile, none of them stays. Rejects with `GroupParted` too, and then none of them stays either.
   */
  async commit(datasetId: string, images: readonly Image[]): Promise<void> {
    const splits = splitsOfGroups(images);
    const ids = new Set(images.map(({ id }) => id));
    try {
      const claims = await this.#claim(datasetId, splits, ids);
      await this.#imageCounts.whileAdding(datasetId, async () => {
        const added: Image[] = [];
        try {
          for (const image of images) if (await this.#create(datasetId, image)) added.push(image);
          for (const claim of claims) await this.#groups.assertClaimed(datasetId, claim, ids);
        } catch (error) {
          for (const image of added) await removeImageRecord(this.#tenant, datasetId, image).catch(() => undefined);
          throw error;
        }
        return added;
      });
    } catch (error) {
      if (error instanceof RecordNotFound) for (const { id } of images) await removeImage(this.#tenant, datasetId, id);
      throw error;
    }
  }

  /** Removes the bytes of prepared images. Images that are in the data set stay. */
  async discard(datasetId: string, images: readonly ImageName[]): Promise<void> {
    for (const image of images) {
      if ((await this.#tenant.objects.head(imageKey(this.#tenant, datasetId, image))) !== undefined) continue;
      await this.#tenant.objects.deleteFolder(imageBlobsFolder(this.#tenant, datasetId, image.id));
    }
  }

  /** In order of upload. Rejects with `InvalidCursor` too. */
  async list(datasetId: string, page: PageRequest, filter: ImageFilter = {}): Promise<Page<Image>> {
    await this.#assertDataset(datasetId);
    const names = new Map<string, ImageName>();
    const idsBehind = async function* (this: ImageRepository, cursor: string | undefined, wanted: number) {
      for await (const name of this.#names(datasetId, filter, cursor, wanted)) {
        names.set(name.id, name);
        yield name.id;
      }
    }.bind(this);
    return pageOf(idsBehind, (id) => this.#load(datasetId, names.get(id)!, filter), page);
  }

  /** Every image that passes the filter, in order of upload. */
  async *all(datasetId: string, filter: ImageFilter = {}): AsyncGenerator<Image> {
    await this.#assertDataset(datasetId);
    const load = (name: ImageName) => this.#load(datasetId, name, filter);
    for await (const image of inBatches(this.#names(datasetId, filter), loadedAtOnce, load)) {
      if (image) yield image;
    }
  }

  /** How many images there are, by split and label. */
  async counts(datasetId: string): Promise<DatasetCounts> {
    return this.#imageCounts.of(await this.#assertDataset(datasetId));
  }

  /** How many images there are that an upload with this id has put there; others of the same millisecond count too. */
  async countOfUpload(datasetId: string, uploadId: string): Promise<number> {
    const folder = imagesFolder(this.#tenant, datasetId);
    let count = 0;
    for await (const key of this.#tenant.objects.keys(`${folder}${idBoundary(timeOfId(uploadId))}`)) {
      if (imageNameOf(key)) count++;
    }
    return count;
  }

  async get(datasetId: string, imageId: string): Promise<Image> {
    await this.#assertDataset(datasetId);
    return (await this.#locate(datasetId, imageId)).image;
  }

  /**
   * Moves an image, with all of its group where `wholeGroup` says so, to another split, label or group; of several
   * moves at once the last counts, field by field. Rejects with `GroupParted`, and with `RecordInUse` while jobs that
   * have not ended use the data set.
   */
  async move(datasetId: string, imageId: string, change: ImageChange): Promise<Image> {
    await this.#assertDataset(datasetId);
    const located = await this.#locate(datasetId, imageId);
    await assertUnused(this.#tenant, datasetId, 'data-set-in-use');
    const { image } = located;
    const others: (typeof located)[] = [];
    if (change.wholeGroup && image.group !== undefined) {
      for await (const one of this.#groups.members(datasetId, image.group))
        if (one.image.id !== image.id) others.push(one);
    }
    const all = [located, ...others];
    const target = splitsOfGroups(all.map((one) => changed(one.image, change)));
    const isParting = change.split !== undefined || change.group !== undefined;
    const own = new Set(all.map((one) => one.image.id));
    const claims = isParting ? await this.#claim(datasetId, target, own) : [];
    let moved: ImageRecord | undefined;
    await this.#imageCounts.whileMoving(datasetId, async () => {
      for (const one of others) await this.#moveRecord(datasetId, one.name, change);
      moved = await this.#moveRecord(datasetId, located.name, change);
      try {
        for (const claim of claims) await this.#groups.assertClaimed(datasetId, claim, own);
      } catch (error) {
        for (const { name, image } of all) await this.#moveRecord(datasetId, name, placeOf(image));
        throw error;
      }
    });
    if (!moved) throw noImage(datasetId, imageId);
    return toImage(moved);
  }

  async #claim(
    datasetId: string,
    splits: ReadonlyMap<string, Split>,
    own: ReadonlySet<string>,
  ): Promise<readonly GroupClaim[]> {
    const claims: GroupClaim[] = [];
    for (const [group, split] of splits) claims.push(await this.#groups.claim(datasetId, group, split, own));
    return claims;
  }

  /** The image's stored bytes as a stream. */
  async content(image: Image): Promise<StoredStream> {
    const found = await this.#tenant.objects.getStream(this.#blobKey(image, image.sha256));
    if (found === undefined) throw missingContent(image);
    return found;
  }

  /** The image's stored bytes. Rejects with `DamagedContent` when they are not the ones that were uploaded. */
  bytes(image: Image): Promise<Uint8Array> {
    return this.#checkedBytes(image, image.sha256);
  }

  /** The stored bytes of the image's mask, `undefined` when it has none. Rejects with `DamagedContent`. */
  async maskBytes(image: Image): Promise<Uint8Array | undefined> {
    return image.mask && this.#checkedBytes(image, image.mask.sha256);
  }

  /** The sealed reference to the instance that the image comes from, `undefined` when none was kept. */
  async reference({ datasetId, id }: Image): Promise<Uint8Array | undefined> {
    return (await this.#tenant.objects.get(this.#referenceKey(datasetId, id)))?.bytes;
  }

  /**
   * Removes an image, and everything that was made of it (`forgetImage`). Rejects with `RecordInUse` too, while jobs
   * that have not ended use the data set.
   */
  async delete(datasetId: string, imageId: string): Promise<void> {
    await this.#assertDataset(datasetId);
    await this.#locate(datasetId, imageId);
    await forgetImage(this.#tenant, { datasetId, id: imageId });
  }

  /** Writes a change into the record with this name; undefined when that is gone. */
  async #moveRecord(datasetId: string, name: ImageName, change: ImageChange): Promise<ImageRecord | undefined> {
    const mark = movedKey(this.#tenant, datasetId, name.id);
    await this.#tenant.objects.put(mark, new Uint8Array());
    const key = imageKey(this.#tenant, datasetId, name);
    const moved = await this.#documents.update(key, (record) => {
      const after = changed(record, change);
      const isSame = isAt(record, after) && record.group === after.group;
      return isSame ? undefined : after;
    });
    if (!moved) await this.#tenant.objects.delete(mark);
    return moved;
  }

  /** Returns false when the image is there already: its id says that it is the same. */
  async #create(datasetId: string, image: Image): Promise<boolean> {
    try {
      await this.#documents.create(imageKey(this.#tenant, datasetId, image), { schemaVersion: 1, ...image });
      return true;
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
      return false;
    }
  }

  /** An image and the name of its record. */
  async #locate(datasetId: string, imageId: string): Promise<{ name: ImageName; image: Image }> {
    const isThere = isId(imageId) && !(await isForgotten(this.#tenant, imageId));
    const names = isThere ? possibleNames(imageId) : [];
    const find = async (name: ImageName) => ({ name, image: await findImage(this.#tenant, datasetId, name) });
    for (const { name, image } of await Promise.all(names.map(find))) if (image) return { name, image };
    throw noImage(datasetId, imageId);
  }

  /** The image whose record has this name, unless it is gone or not where the filter says. */
  async #load(datasetId: string, name: ImageName, filter: ImageFilter): Promise<Image | undefined> {
    const image = await findImage(this.#tenant, datasetId, name);
    const isAskedFor = image && isAt(image, filter) && (filter.group ?? image.group) === image.group;
    return isAskedFor ? image : undefined;
  }

  /** Names of the images that may pass the filter: where those are that were moved only their records say. */
  async *#names(datasetId: string, filter: ImageFilter, cursor?: string, wanted?: number): AsyncGenerator<ImageName> {
    const forgotten = await forgottenImages(this.#tenant);
    for await (const name of imageNames(this.#tenant, datasetId, cursor, wanted)) {
      if (!forgotten.has(name.id) && (name.hasMoved || isAt(name, filter))) yield name;
    }
  }

  #blobKey(image: Image, digest: string): string {
    return `${imageBlobsFolder(this.#tenant, image.datasetId, image.id)}${digest}`;
  }

  #referenceKey(datasetId: string, id: string): string {
    return `${imageBlobsFolder(this.#tenant, datasetId, id)}reference`;
  }

  async #checkedBytes(image: Image, digest: string): Promise<Uint8Array> {
    const found = await this.#tenant.objects.get(this.#blobKey(image, digest));
    if (found === undefined) throw missingContent(image);
    if ((await sha256Of(found.bytes)) !== digest) {
      throw new DamagedContent(`The stored bytes of the image ${image.id} have changed: restore them from a backup.`);
    }
    return found.bytes;
  }

  async #assertDataset(datasetId: string): Promise<StoredDataset> {
    const found = await findDataset(this.#tenant, datasetId);
    if (found === undefined) {
      throw new RecordNotFound(`There is no data set with the id ${datasetId}: list the data sets.`);
    }
    return found;
  }
}

function changed<T extends Pick<Image, 'split' | 'label' | 'group'>>(image: T, change: ImageChange): T {
  const { group, ...rest } = image;
  const newGroup = change.group === undefined ? group : (change.group ?? undefined);
  return {
    ...rest,
    split: change.split ?? image.split,
    label: change.label ?? image.label,
    ...(newGroup !== undefined && { group: newGroup }),
  } as T;
}

/** The change that takes an image back to where it was. */
const placeOf = ({ split, label, group }: Image): ImageChange => ({ split, label, group: group ?? null });

function isAt(place: Pick<ImageName, 'split' | 'label'>, { split, label }: ImageFilter): boolean {
  return (split ?? place.split) === place.split && (label ?? place.label) === place.label;
}

function noImage(datasetId: string, imageId: string): RecordNotFound {
  return new RecordNotFound(`The data set ${datasetId} has no image with the id ${imageId}: list its images.`);
}

function missingContent({ id }: Image): DamagedContent {
  return new DamagedContent(`The bytes of the image ${id} are gone: restore them from a backup, or delete the image.`);
}
