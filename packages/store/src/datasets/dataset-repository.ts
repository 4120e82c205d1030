import type { Dataset, DatasetCreate, NamesChange, Page } from '@mediclip/contracts';
import { RecordNotFound } from '../errors.js';
import { forgetDerived } from '../forgetting/derived.js';
import { forgetAnswersNaming } from '../forgetting/forget-answers.js';
import { type Deletion, deleteUnused, resumeDeletion } from '../jobs/deletion.js';
import type { Documents } from '../records/documents.js';
import { newId } from '../records/ids.js';
import { hasText } from '../records/name-filter.js';
import { foldersOf, newestIn, type PageRequest, pageOf } from '../records/pages.js';
import { renamed } from '../records/renamed.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { datasetDocuments, findDataset, type StoredDataset } from './dataset-record.js';
import { ImageCounts } from './image-counts.js';
import { blobsFolder, countImages, datasetKey, groupsFolder, imagesFolder } from './image-keys.js';
import { removeOrphans } from './orphans.js';

/** Data sets of one tenant. */
export class DatasetRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<StoredDataset>;
  readonly #counts: ImageCounts;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = datasetDocuments(tenant);
    this.#counts = new ImageCounts(tenant);
  }

  /** A new, empty data set. Rejects with `RecordExists` when `id` is taken. */
  async create({ name, description, modality }: DatasetCreate, id = newId()): Promise<Dataset> {
    const record: StoredDataset = {
      schemaVersion: 1,
      id,
      name,
      description,
      modality,
      createdAt: timestamp(this.#tenant),
      counts: countImages([]),
    };
    await this.#documents.create(datasetKey(this.#tenant, id), record);
    return this.#toDataset(record);
  }

  /** Rejects with `RecordNotFound`. */
  async get(id: string): Promise<Dataset> {
    const found = await this.#find(id);
    if (found === undefined) throw new RecordNotFound(`There is no data set with the id ${id}: list the data sets.`);
    return found;
  }

  /** Newest first, those that have `name` in theirs. Rejects with `InvalidCursor`. */
  list(page: PageRequest, { name }: { readonly name?: string | undefined } = {}): Promise<Page<Dataset>> {
    const folder = `${this.#tenant.prefix}datasets/`;
    return pageOf(
      newestIn(this.#tenant.objects, folder),
      async (id) => {
        const stored = await findDataset(this.#tenant, id);
        return stored && hasText(stored.name, name) ? this.#toDataset(stored) : undefined;
      },
      page,
    );
  }

  /** Changes the name or the description. Rejects with `RecordNotFound`. */
  async change(id: string, change: NamesChange): Promise<Dataset> {
    await this.get(id);
    const stored = await this.#documents.update(datasetKey(this.#tenant, id), (dataset) =>
      dataset.deletingSince === undefined ? renamed(dataset, change) : undefined,
    );
    if (stored === undefined || stored.deletingSince !== undefined) return this.get(id);
    return this.#toDataset(stored);
  }

  /**
   * Deletes a data set with its images, and what was made of them where `derived` says so: scorings with their maps and
   * verdicts, and evaluations with their reports. Models stay. Rejects with `RecordNotFound`, or with `RecordInUse`
   * while jobs that have not ended use it.
   */
  async delete(id: string, { derived = false }: { readonly derived?: boolean | undefined } = {}): Promise<void> {
    await this.get(id);
    const deletion = { ...this.#deletionOf(id), marks: { deletingDerived: derived } };
    if (!(await deleteUnused(this.#tenant, deletion))) {
      throw new RecordNotFound(`The data set ${id} has just been deleted: nothing is left to do.`);
    }
  }

  /** Ends deletions whose process died, and removes what uploads left behind when theirs did. */
  async sweep(): Promise<void> {
    for await (const id of foldersOf(this.#tenant.objects, `${this.#tenant.prefix}datasets/`)) {
      await resumeDeletion(this.#tenant, this.#deletionOf(id));
      await this.#counts.verify(id);
    }
    await removeOrphans(this.#tenant);
  }

  async #find(id: string): Promise<Dataset | undefined> {
    const found = await findDataset(this.#tenant, id);
    return found && this.#toDataset(found);
  }

  async #toDataset(stored: StoredDataset): Promise<Dataset> {
    const { schemaVersion, deletingSince, deletionDecided, deletingDerived, changes, ...dataset } = stored;
    return { ...dataset, counts: await this.#counts.of(stored) };
  }

  #deletionOf(id: string): Deletion<StoredDataset> {
    const tenant = this.#tenant;
    const documents = this.#documents;
    return {
      documents,
      key: datasetKey(tenant, id),
      id,
      use: 'data-set-in-use',
      async removeContents() {
        const marked = (await documents.read(datasetKey(tenant, id)))?.value;
        if (marked?.deletingDerived) await forgetDerived(tenant, id);
        await tenant.objects.deleteFolder(imagesFolder(tenant, id));
        await tenant.objects.deleteFolder(groupsFolder(tenant, id));
        await tenant.objects.deleteFolder(blobsFolder(tenant, id));
        await forgetAnswersNaming(tenant, id);
      },
    };
  }
}
