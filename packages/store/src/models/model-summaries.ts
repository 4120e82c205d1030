import { idSchema, type ModelSummary, modelSummarySchema } from '@mediclip/contracts';
import { ByteBudget } from '@mediclip/threads';
import { z } from 'zod';
import { DamagedRecord, StoreError } from '../errors.js';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';
import { existsBy, modelDocuments, modelFolder, modelKey, neededJob, type StoredModel } from './model-record.js';

/** Everything that a summary says, so that one written before a field came is drawn anew. */
const fields = Object.keys(modelSummarySchema.shape).join(' ');

const storedSummarySchema = z.strictObject({
  schemaVersion: z.literal(1),
  fields: z.literal(fields),
  /** Version of the record that this was drawn from: it says nothing about any other. */
  recordVersion: z.string().min(1),
  neededJob: idSchema.optional(),
  summary: modelSummarySchema,
});

type StoredSummary = z.infer<typeof storedSummarySchema>;

const summaryKey = (tenant: Tenant, id: string) => `${modelFolder(tenant, id)}summary.json`;

/** Bytes of records that are read for lists at once in this process; tenants take turns. */
const reading = new ByteBudget({ bytes: 8 * 1024 * 1024, maximumWaiting: Number.POSITIVE_INFINITY });

/**
 * What lists say of the models of a tenant, at `models/<id>/summary.json`: a record has figures of every image of a
 * calibration, megabytes of them, which no list needs. A summary names the version of the record that it was drawn
 * from. It is only a copy: where it is missing, cannot be read or is of another version (an older store, a record that
 * was changed since), the record is read and the summary written anew.
 */
export class ModelSummaries {
  readonly #tenant: Tenant;
  readonly #documents: Documents<StoredSummary>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, storedSummarySchema);
  }

  /** `undefined` when there is no such model. Records that have to be read for it wait for room, see `reading`. */
  async find(id: string): Promise<ModelSummary | undefined> {
    const { objects, prefix } = this.#tenant;
    const record = await objects.head(modelKey(this.#tenant, id));
    if (record === undefined) return undefined;
    const known = await this.#ofVersion(id, record.version);
    const { summary, neededJob: jobId } =
      known ?? (await reading.with(record.sizeBytes, { caller: prefix }, () => this.#draw(id, record.version))) ?? {};
    return summary && (await existsBy(this.#tenant, jobId)) ? summary : undefined;
  }

  /** Whether there is a summary of the record as it is now; none is kept of one that is being deleted. */
  async isKnown(id: string): Promise<boolean> {
    const record = await this.#tenant.objects.head(modelKey(this.#tenant, id));
    return record !== undefined && (await this.#ofVersion(id, record.version)) !== undefined;
  }

  /** Writes the summary of a record that has just been created, and that nobody else can have changed yet. */
  async add(stored: StoredModel): Promise<void> {
    await unlessStoreFails(async () => {
      const record = await this.#tenant.objects.head(modelKey(this.#tenant, stored.id));
      if (record !== undefined) await this.#write(toStoredSummary(stored, record.version));
    });
  }

  async delete(id: string): Promise<void> {
    await this.#tenant.objects.delete(summaryKey(this.#tenant, id));
  }

  async #ofVersion(id: string, recordVersion: string): Promise<StoredSummary | undefined> {
    try {
      const known = (await this.#documents.read(summaryKey(this.#tenant, id)))?.value;
      return known?.recordVersion === recordVersion ? known : undefined;
    } catch (error) {
      if (error instanceof DamagedRecord) return undefined;
      throw error;
    }
  }

  /** `version` was asked for before: a record that is newer than it only has its summary drawn once more. */
  async #draw(id: string, version: string): Promise<StoredSummary | undefined> {
    const stored = (await modelDocuments(this.#tenant).read(modelKey(this.#tenant, id)))?.value;
    if (stored === undefined || stored.deletingSince !== undefined) return undefined;
    const drawn = toStoredSummary(stored, version);
    await unlessStoreFails(() => this.#write(drawn));
    return drawn;
  }

  /**
   * A deletion marks the record before it removes what lies beside it, so a summary that is written later than that is
   * removed here.
   */
  async #write(drawn: StoredSummary): Promise<void> {
    const { id } = drawn.summary;
    await this.#documents.put(summaryKey(this.#tenant, id), drawn);
    const record = await this.#tenant.objects.head(modelKey(this.#tenant, id));
    if (record?.version !== drawn.recordVersion) await this.delete(id);
  }
}

/** For what can be done again at any time: without it lists are slow, no more. */
async function unlessStoreFails(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

function toStoredSummary(stored: StoredModel, recordVersion: string): StoredSummary {
  const jobId = neededJob(stored);
  return {
    schemaVersion: 1,
    fields,
    recordVersion,
    ...(jobId !== undefined && { neededJob: jobId }),
    summary: toSummary(stored),
  };
}

function toSummary({ id, name, createdAt, configuration, lineage, calibration }: StoredModel): ModelSummary {
  const { backbone, preset, shots } = configuration;
  const { datasetId, parentModelId } = lineage;
  const calibrated = calibration !== null;
  const revised = parentModelId !== undefined && { parentModelId };
  return {
    id,
    ...(name !== undefined && { name }),
    createdAt,
    backbone,
    preset,
    shots,
    datasetId,
    ...revised,
    calibrated,
  };
}
