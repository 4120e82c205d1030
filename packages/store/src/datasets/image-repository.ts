import {
  type DatasetCounts,
  type Image,
  type ImageRecord,
  imageRecordSchema,
  type Label,
  type Page,
  type Split,
} from '@mediclip/contracts';
import { sha256Of } from '@mediclip/files';
import { DamagedContent, RecordNotFound } from '../errors.js';
import { assertUnused } from '../jobs/in-use.js';
import type { StoredStream } from '../object-store.js';
import { Documents } from '../records/documents.js';
import { isId, newId } from '../records/ids.js';
import { keysOf, type PageRequest, pageOf } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { isUsableDataset } from './dataset-record.js';
import {
  countImages,
  type ImageName,
  imageBlobsFolder,
  imageKey,
  imageNameOf,
  imageNames,
  imagesFolder,
} from './image-keys.js';

/** What is known about an image beside its bytes. */
export type ImageDescription = Omit<Image, 'id' | 'datasetId' | 'createdAt' | 'sha256' | 'sizeBytes' | 'mask'>;

/** The encoded bytes of an image, and of its mask if it has one. */
export interface ImageContent {
  readonly bytes: Uint8Array;
  readonly mask?: { readonly bytes: Uint8Array; readonly width: number; readonly height: number } | undefined;
}

export interface ImageFilter {
  readonly split?: Split | undefined;
  readonly label?: Label | undefined;
}

const loadedAtOnce = 16;

/** Images of the data sets of one tenant. Methods reject with `RecordNotFound` when the data set or the image isn't there. */
export class ImageRepository {
  private readonly tenant: Tenant;
  private readonly documents: Documents<ImageRecord>;

  constructor(tenant: Tenant) {
    this.tenant = tenant;
    this.documents = new Documents(tenant.objects, imageRecordSchema);
  }

  /** Stores an image: `prepare` and `commit` in one. */
  async add(datasetId: string, description: ImageDescription, content: ImageContent): Promise<Image> {
    const image = await this.prepare(datasetId, description, content);
    await this.commit(datasetId, [image]);
    return image;
  }

  /**
   * Stores the bytes of an image. The image isn't in the data set before `commit`; an upload that ends early hands all that it prepared
   * to `discard` (when its process dies, the sweep (`sweep.ts`) does that a day later).
   */
  async prepare(datasetId: string, description: ImageDescription, { bytes, mask }: ImageContent): Promise<Image> {
    await this.assertDataset(datasetId);
    const id = newId();
    const put = async (content: Uint8Array) => {
      const digest = await sha256Of(content);
      await this.tenant.objects.put(`${imageBlobsFolder(this.tenant, datasetId, id)}${digest}`, content);
      return { sha256: digest, sizeBytes: content.byteLength };
    };
    return {
      ...description,
      id,
      datasetId,
      ...(await put(bytes)),
      ...(mask && { mask: { ...(await put(mask.bytes)), width: mask.width, height: mask.height } }),
      createdAt: timestamp(this.tenant),
    };
  }

  /** Puts prepared images into the data set, in their order. When the data set was deleted meanwhile, none of them stays. */
  async commit(datasetId: string, images: readonly Image[]): Promise<void> {
    for (const image of images) {
      await this.documents.create(imageKey(this.tenant, datasetId, image), { schemaVersion: 1, ...image });
    }
    try {
      await this.assertDataset(datasetId);
    } catch (error) {
      await this.discard(datasetId, images);
      throw error;
    }
  }

  /** Removes prepared images and their bytes, also those that were committed. */
  async discard(datasetId: string, images: readonly ImageName[]): Promise<void> {
    for (const image of images) await this.remove(datasetId, image);
  }

  /** In order of upload. Rejects with `InvalidCursor` too. */
  async list(datasetId: string, page: PageRequest, filter: ImageFilter = {}): Promise<Page<Image>> {
    await this.assertDataset(datasetId);
    const names = new Map<string, ImageName>();
    const idsBehind = async function* (this: ImageRepository, cursor: string | undefined) {
      for await (const name of this.names(datasetId, filter, cursor)) {
        names.set(name.id, name);
        yield name.id;
      }
    }.bind(this);
    return pageOf(idsBehind, (id) => this.read(datasetId, names.get(id)!), page);
  }

  /** Every image that passes the filter, in order of upload. */
  async *all(datasetId: string, filter: ImageFilter = {}): AsyncGenerator<Image> {
    await this.assertDataset(datasetId);
    let waiting: ImageName[] = [];
    const load = async () => {
      const loaded = await Promise.all(waiting.map((name) => this.read(datasetId, name)));
      waiting = [];
      return loaded.filter((image) => image !== undefined);
    };
    for await (const name of this.names(datasetId, filter)) {
      waiting.push(name);
      if (waiting.length === loadedAtOnce) yield* await load();
    }
    yield* await load();
  }

  /** How many images there are, by split and label. */
  async counts(datasetId: string): Promise<DatasetCounts> {
    await this.assertDataset(datasetId);
    return countImages(await imageNames(this.tenant, datasetId));
  }

  async get(datasetId: string, imageId: string): Promise<Image> {
    await this.assertDataset(datasetId);
    const name = await this.nameOf(datasetId, imageId);
    const image = name && (await this.read(datasetId, name));
    if (image === undefined) {
      throw new RecordNotFound(`The data set ${datasetId} has no image with the id ${imageId}: list its images.`);
    }
    return image;
  }

  /** The image's stored bytes as a stream. */
  async content(image: Image): Promise<StoredStream> {
    const found = await this.tenant.objects.getStream(this.blobKey(image, image.sha256));
    if (found === undefined) throw missingContent(image);
    return found;
  }

  /** The image's stored bytes. Rejects with `DamagedContent` when they aren't the ones that were uploaded. */
  bytes(image: Image): Promise<Uint8Array> {
    return this.checkedBytes(image, image.sha256);
  }

  /** The stored bytes of the image's mask, `undefined` when it has none. Rejects with `DamagedContent`. */
  async maskBytes(image: Image): Promise<Uint8Array | undefined> {
    return image.mask && this.checkedBytes(image, image.mask.sha256);
  }

  /** Rejects with `RecordInUse` too, while jobs that haven't ended use the data set. */
  async delete(datasetId: string, imageId: string): Promise<void> {
    const image = await this.get(datasetId, imageId);
    await assertUnused(this.tenant, datasetId);
    await this.remove(datasetId, image);
  }

  /** Record first: nobody can find bytes that are going. */
  private async remove(datasetId: string, image: ImageName): Promise<void> {
    await this.tenant.objects.delete(imageKey(this.tenant, datasetId, image));
    await this.tenant.objects.deleteFolder(imageBlobsFolder(this.tenant, datasetId, image.id));
  }

  private async read(datasetId: string, name: ImageName): Promise<Image | undefined> {
    const found = await this.documents.read(imageKey(this.tenant, datasetId, name));
    if (found === undefined) return undefined;
    const { schemaVersion, ...image } = found.value;
    return image;
  }

  private async *names(datasetId: string, { split, label }: ImageFilter, cursor?: string): AsyncGenerator<ImageName> {
    const folder = imagesFolder(this.tenant, datasetId);
    const after = cursor === undefined ? undefined : `${folder}${cursor}~`;
    for await (const key of keysOf(this.tenant.objects, folder, after)) {
      const name = imageNameOf(key);
      if (name && (split ?? name.split) === name.split && (label ?? name.label) === name.label) yield name;
    }
  }

  private async nameOf(datasetId: string, imageId: string): Promise<ImageName | undefined> {
    if (!isId(imageId)) return undefined;
    const [found] = await this.tenant.objects.list(`${imagesFolder(this.tenant, datasetId)}${imageId}.`, { limit: 1 });
    return found && imageNameOf(found.key);
  }

  private blobKey(image: Image, digest: string): string {
    return `${imageBlobsFolder(this.tenant, image.datasetId, image.id)}${digest}`;
  }

  private async checkedBytes(image: Image, digest: string): Promise<Uint8Array> {
    const found = await this.tenant.objects.get(this.blobKey(image, digest));
    if (found === undefined) throw missingContent(image);
    if ((await sha256Of(found.bytes)) !== digest) {
      throw new DamagedContent(`The stored bytes of the image ${image.id} have changed: restore them from a backup.`);
    }
    return found.bytes;
  }

  private async assertDataset(datasetId: string): Promise<void> {
    if (!(await isUsableDataset(this.tenant, datasetId))) {
      throw new RecordNotFound(`There is no data set with the id ${datasetId}: list the data sets.`);
    }
  }
}

function missingContent({ id }: Image): DamagedContent {
  return new DamagedContent(`The bytes of the image ${id} are gone: restore them from a backup, or delete the image.`);
}
