import { randomUUID } from 'node:crypto';
import type { DatasetCounts } from '@mediclip/contracts';
import { RecordNotFound, StoreError } from '../errors.js';
import type { Documents, ReplaceOptions } from '../records/documents.js';
import { inBatches, loadedAtOnce } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { datasetDocuments, type StoredDataset } from './dataset-record.js';
import { countImages, datasetKey, type ImageName, imageNames } from './image-keys.js';
import { findImage } from './image-record.js';

/** After which time a change counts as one whose process died. */
const deadChangeMs = 3_600_000;

/**
 * How many images data sets have, without listing them. The counts stand in the data set's record and are right under
 * any number of writers that may die at any moment, because whoever changes images says so in the record first
 * (`changes`) and at last either adds what it added or leaves the counts out. A reader that finds a change under way,
 * or no counts, lists the images; where nothing changes meanwhile, it writes down what it counted. The sweep does that
 * for changes whose process died, and holds all counts against the images once an hour, which an earlier version of the
 * software may have changed without a word.
 */
export class ImageCounts {
  readonly #tenant: Tenant;
  readonly #documents: Documents<StoredDataset>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = datasetDocuments(tenant);
  }

  /** The counts of a data set whose record was just read. */
  async of({ id, counts, changes }: StoredDataset): Promise<DatasetCounts> {
    if (counts !== undefined && changes === undefined) return counts;
    return (await this.#recount(id)) ?? this.#count(id);
  }

  /**
   * Runs `work`, which adds images to a data set, and adds those that it answers to the counts. Rejects with
   * `RecordNotFound` when the data set is gone or being deleted, before `work` or after it.
   */
  async whileAdding(datasetId: string, work: () => Promise<readonly ImageName[]>): Promise<void> {
    await this.#whileChanging(datasetId, async () => {
      const added = countImages(await work());
      return (counts) => sum(counts, added);
    });
  }

  /** Runs `work`, which removes images of a data set. Rejects as `whileAdding` does. */
  async whileRemoving(datasetId: string, work: () => Promise<void>): Promise<void> {
    // Of two that remove the same image neither learns which of them did: it is counted anew instead.
    const remove = async () => {
      await work();
      return () => undefined;
    };
    await this.#whileChanging(datasetId, remove, { fromReserve: true });
  }

  /** Runs `work`, which moves images to another split or label. Rejects as `whileAdding` does. */
  async whileMoving(datasetId: string, work: () => Promise<void>): Promise<void> {
    await this.#whileChanging(datasetId, async () => {
      await work();
      return () => undefined;
    });
  }

  /** Gives up on changes whose process died, and corrects counts that are not those of the images. */
  async verify(datasetId: string): Promise<void> {
    await this.#documents.update(this.#keyOf(datasetId), (dataset) => {
      const alive = dataset.changes?.filter(({ since }) => Date.parse(since) > this.#tenant.now() - deadChangeMs);
      if (alive?.length === dataset.changes?.length) return undefined;
      const { changes, counts, ...rest } = dataset;
      return { ...rest, ...(alive?.length && { changes: alive }) };
    });
    await this.#recount(datasetId);
  }

  async #whileChanging(
    datasetId: string,
    work: () => Promise<(counts: DatasetCounts) => DatasetCounts | undefined>,
    options: ReplaceOptions = {},
  ): Promise<void> {
    const id = randomUUID();
    const since = timestamp(this.#tenant);
    const begin = ({ changes = [], ...dataset }: StoredDataset) => ({
      ...dataset,
      changes: [...changes, { id, since }],
    });
    await this.#update(datasetId, begin, options);
    let after: (counts: DatasetCounts) => DatasetCounts | undefined;
    try {
      after = await work();
    } catch (error) {
      // What cannot be told now is counted by the next reader, or by the sweep.
      await this.#end(datasetId, id, () => undefined, options).catch(() => undefined);
      throw error;
    }
    await this.#end(datasetId, id, after, options);
  }

  /** Takes a change out of the record; one that was given up on meanwhile leaves no counts either. */
  #end(
    datasetId: string,
    id: string,
    after: (counts: DatasetCounts) => DatasetCounts | undefined,
    options: ReplaceOptions,
  ): Promise<StoredDataset> {
    const end = ({ counts, changes, ...dataset }: StoredDataset) => {
      const others = changes?.filter((change) => change.id !== id);
      const known = counts !== undefined && others?.length !== changes?.length ? after(counts) : undefined;
      return { ...dataset, ...(known && { counts: known }), ...(others?.length && { changes: others }) };
    };
    return this.#update(datasetId, end, options);
  }

  async #update(
    datasetId: string,
    change: (dataset: StoredDataset) => StoredDataset,
    options: ReplaceOptions,
  ): Promise<StoredDataset> {
    const changeLiving = (dataset: StoredDataset) =>
      dataset.deletingSince === undefined ? change(dataset) : undefined;
    const stored = await this.#documents.update(this.#keyOf(datasetId), changeLiving, options);
    if (stored === undefined || stored.deletingSince !== undefined) {
      throw new RecordNotFound(`There is no data set with the id ${datasetId}: list the data sets.`);
    }
    return stored;
  }

  /**
   * Lists the images, and writes down how many there are unless a change is under way or begins meanwhile. Returns the
   * counts, `undefined` when there is no such data set. That they cannot be written is no failure.
   */
  async #recount(datasetId: string): Promise<DatasetCounts | undefined> {
    const key = this.#keyOf(datasetId);
    const read = await this.#documents.read(key);
    if (read === undefined) return undefined;
    const counts = await this.#count(datasetId);
    const { value } = read;
    const known = value.counts !== undefined && isSame(value.counts, counts);
    if (known || value.changes !== undefined || value.deletingSince !== undefined) return counts;
    try {
      await this.#documents.replace(key, read, { ...value, counts });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    return counts;
  }

  /** Counts the images by their names, and those that were moved by their records. */
  async #count(datasetId: string): Promise<DatasetCounts> {
    const placeOf = async (name: ImageName) => (name.hasMoved ? findImage(this.#tenant, datasetId, name) : name);
    const places: Pick<ImageName, 'split' | 'label'>[] = [];
    for await (const place of inBatches(imageNames(this.#tenant, datasetId), loadedAtOnce, placeOf)) {
      if (place) places.push(place);
    }
    return countImages(places);
  }

  #keyOf(datasetId: string): string {
    return datasetKey(this.#tenant, datasetId);
  }
}

function sum(a: DatasetCounts, b: DatasetCounts): DatasetCounts {
  const both = (split: 'train' | 'test') => ({
    normal: a[split].normal + b[split].normal,
    abnormal: a[split].abnormal + b[split].abnormal,
  });
  return { total: a.total + b.total, train: both('train'), test: both('test') };
}

function isSame(a: DatasetCounts, b: DatasetCounts): boolean {
  return JSON.stringify(sum(a, b)) === JSON.stringify(sum(a, a));
}
