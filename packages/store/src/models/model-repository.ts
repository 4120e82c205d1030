import type { Calibration, Model, ModelChange, ModelSummary, Page } from '@mediclip/contracts';
import { aliasesOf } from '../aliases/alias-record.js';
import { ModelHasAlias, RecordExists, RecordNotFound } from '../errors.js';
import { forgetAnswersNaming } from '../forgetting/forget-answers.js';
import { type Deletion, deleteUnused, resumeDeletion } from '../jobs/deletion.js';
import type { JobAttempts } from '../jobs/job-attempts.js';
import type { Attempt } from '../jobs/job-record.js';
import type { Documents } from '../records/documents.js';
import { isId, newId } from '../records/ids.js';
import { hasText } from '../records/name-filter.js';
import { removeOldFolder } from '../records/old-folders.js';
import { foldersOf, newestIn, type PageRequest, pageOf } from '../records/pages.js';
import { renamed } from '../records/renamed.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { fetchFiles, filesDigest, putFiles } from './model-files.js';
import { findModel, modelDocuments, modelFolder, modelKey, type StoredModel } from './model-record.js';
import { ModelSummaries } from './model-summaries.js';

/** What a job knows about the model that it made; the store adds the rest. */
export type ModelDescription = Omit<
  Model,
  'id' | 'createdAt' | 'importedAt' | 'calibration' | 'manualThreshold' | 'sizeBytes' | 'digest' | 'verdicts' | 'pinned'
>;

/** What an exported model says of itself. */
export type ImportedModel = ModelDescription & Pick<Model, 'createdAt' | 'calibration' | 'manualThreshold'>;

/** Which models; without a field all of them. */
export interface ModelFilter {
  /** Text in the name. */
  readonly name?: string | undefined;
  readonly datasetId?: string | undefined;
}

/** Models of one tenant. Methods reject with `RecordNotFound` when the model is not there. */
export class ModelRepository {
  readonly #tenant: Tenant;
  readonly #attempts: JobAttempts;
  readonly #documents: Documents<StoredModel>;
  readonly #summaries: ModelSummaries;

  constructor(tenant: Tenant, attempts: JobAttempts) {
    this.#tenant = tenant;
    this.#attempts = attempts;
    this.#documents = modelDocuments(tenant);
    this.#summaries = new ModelSummaries(tenant);
  }

  /**
   * Stores the model that a job made, uncalibrated unless the job calibrated it too: its files are those of the local
   * `folder`, its id the job's `resultId`. The model exists when the job has succeeded. When an earlier attempt of the
   * job got as far as this, its model stays and is returned. Rejects with `StaleAttempt`.
   */
  async create(
    attempt: Attempt,
    description: ModelDescription,
    folder: string,
    calibration: Calibration | null = null,
  ): Promise<Model> {
    const { resultId: id } = await this.#attempts.assertCurrent(attempt);
    const record = { ...description, createdAt: timestamp(this.#tenant), calibration };
    return this.#store(id, record, folder, `files-${attempt.fencingToken}`, () =>
      this.#attempts.assertCurrent(attempt),
    );
  }

  /**
   * Stores a model that was made elsewhere: its files are those of the local `folder`. When there is a model with this
   * id already, that one stays and is returned.
   */
  async addImported(id: string, model: ImportedModel, folder: string): Promise<Model> {
    return this.#store(id, { ...model, importedAt: timestamp(this.#tenant) }, folder, `files-${newId()}`);
  }

  /** Size of the record of a model, which has figures of every image of its calibration; 0 when it is not there. */
  async recordBytes(id: string): Promise<number> {
    return isId(id) ? ((await this.#tenant.objects.head(modelKey(this.#tenant, id)))?.sizeBytes ?? 0) : 0;
  }

  async get(id: string): Promise<Model> {
    return toModel(await this.#getStored(id));
  }

  /**
   * What a list says of each, newest first, by the time their adaptation was asked for. Rejects with `InvalidCursor`.
   */
  list(page: PageRequest, { name, datasetId }: ModelFilter = {}): Promise<Page<ModelSummary>> {
    return pageOf(
      newestIn(this.#tenant.objects, `${this.#tenant.prefix}models/`),
      async (id) => {
        const summary = await this.#summaries.find(id);
        if (summary === undefined || !hasText(summary.name, name)) return undefined;
        return datasetId === undefined || datasetId === summary.datasetId ? summary : undefined;
      },
      page,
    );
  }

  /** Changes the name, the description, or where results go. */
  async change(id: string, { dicomResults, ...names }: ModelChange): Promise<Model> {
    await this.#getStored(id);
    return toModel(
      found(
        id,
        await this.#documents.update(modelKey(this.#tenant, id), ({ dicomResults: before, ...model }) => {
          const now = dicomResults === undefined ? before : (dicomResults ?? undefined);
          return { ...renamed(model, names), ...(now && { dicomResults: now }) };
        }),
      ),
    );
  }

  /**
   * Gives the model a threshold in place of the one before; one from a later job stays. Rejects with `StaleAttempt`.
   */
  async calibrate(attempt: Attempt, id: string, calibration: Calibration): Promise<Model> {
    await this.#getStored(id);
    await this.#attempts.assertCurrent(attempt);
    const stored = await this.#documents.update(modelKey(this.#tenant, id), (model) =>
      model.calibration && model.calibration.jobId > calibration.jobId ? undefined : calibrated(model, calibration),
    );
    return toModel(found(id, stored));
  }

  /**
   * Replaces the calibration by what `change` makes of the present one; a threshold set by hand goes. `change` throws
   * what forbids it, and may run several times.
   */
  async recalibrate(id: string, change: (model: Model) => Calibration): Promise<Model> {
    await this.#getStored(id);
    const key = modelKey(this.#tenant, id);
    return toModel(found(id, await this.#documents.update(key, (model) => calibrated(model, change(toModel(model))))));
  }

  /** Sets a threshold by hand, or takes it away. */
  async setManualThreshold(id: string, threshold: number | undefined): Promise<Model> {
    await this.#getStored(id);
    const setAt = timestamp(this.#tenant);
    const stored = await this.#documents.update(modelKey(this.#tenant, id), ({ manualThreshold, ...model }) =>
      threshold === undefined ? model : { ...model, manualThreshold: { threshold, setAt } },
    );
    return toModel(found(id, stored));
  }

  /** Names and sizes of the model's files. */
  async files(id: string): Promise<readonly { readonly name: string; readonly sizeBytes: number }[]> {
    return (await this.#getStored(id)).files;
  }

  /**
   * Path of a local folder with the model's files, `<cache>/<digest of the model>`; it is filled when it is not there.
   * Rejects with `DamagedContent`.
   */
  async fetch(id: string, cache: string): Promise<string> {
    const stored = await this.#getStored(id);
    return fetchFiles(this.#tenant.objects, `${modelFolder(this.#tenant, id)}${stored.filesFolder}/`, stored, cache);
  }

  /**
   * Rejects with `RecordInUse` too, while jobs that have not ended use the model, and with `ModelHasAlias` while an
   * alias names it.
   */
  async delete(id: string): Promise<void> {
    await this.#getStored(id);
    if (!(await deleteUnused(this.#tenant, this.#deletionOf(id)))) {
      throw new RecordNotFound(`The model ${id} has just been deleted: nothing is left to do.`);
    }
  }

  /** Ends deletions, and removes files without a record, whose process died. */
  async sweep(): Promise<void> {
    const { objects, prefix } = this.#tenant;
    for await (const id of foldersOf(objects, `${prefix}models/`)) {
      if ((await objects.head(modelKey(this.#tenant, id))) === undefined) {
        await removeOldFolder(this.#tenant, modelFolder(this.#tenant, id));
      } else if (!(await this.#summaries.isKnown(id))) {
        await resumeDeletion(this.#tenant, this.#deletionOf(id));
      }
    }
  }

  async #store(
    id: string,
    model: ImportedModel & Pick<Model, 'importedAt'>,
    folder: string,
    filesFolder: string,
    assertAllowed: () => Promise<unknown> = async () => undefined,
  ): Promise<Model> {
    const files = await putFiles(this.#tenant.objects, folder, `${modelFolder(this.#tenant, id)}${filesFolder}/`);
    const stored: StoredModel = {
      schemaVersion: 1,
      ...model,
      id,
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      digest: filesDigest(files),
      files,
      filesFolder,
    };
    await assertAllowed();
    try {
      await this.#documents.create(modelKey(this.#tenant, id), stored);
      await this.#summaries.add(stored);
      return toModel(stored);
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
      await this.#tenant.objects.deleteFolder(`${modelFolder(this.#tenant, id)}${filesFolder}/`);
      return toModel(found(id, (await this.#documents.read(modelKey(this.#tenant, id)))?.value));
    }
  }

  async #getStored(id: string): Promise<StoredModel> {
    return found(id, await findModel(this.#tenant, id));
  }

  #deletionOf(id: string): Deletion<StoredModel> {
    const tenant = this.#tenant;
    const documents = this.#documents;
    const summaries = this.#summaries;
    return {
      documents,
      key: modelKey(tenant, id),
      id,
      use: 'model-in-use',
      assertUnneeded: () => assertWithoutAlias(tenant, id),
      async removeContents() {
        for await (const folder of foldersOf(tenant.objects, modelFolder(tenant, id))) {
          await tenant.objects.deleteFolder(`${modelFolder(tenant, id)}${folder}/`);
        }
        await summaries.delete(id);
        await forgetAnswersNaming(tenant, id);
      },
    };
  }
}

function calibrated({ manualThreshold, ...model }: StoredModel, calibration: Calibration): StoredModel {
  return { ...model, calibration };
}

async function assertWithoutAlias(tenant: Tenant, modelId: string): Promise<void> {
  const names: string[] = [];
  for await (const { name, modelId: named } of aliasesOf(tenant)) if (named === modelId) names.push(name);
  if (names.length > 0) {
    throw new ModelHasAlias(
      `Aliases name it (${names.join(', ')}): move them to another model, or delete them.`,
      names,
    );
  }
}

function found(id: string, stored: StoredModel | undefined): StoredModel {
  if (stored === undefined) throw new RecordNotFound(`There is no model with the id ${id}: list the models.`);
  return stored;
}

function toModel({
  schemaVersion,
  deletingSince,
  deletionDecided,
  withoutJob,
  files,
  filesFolder,
  ...model
}: StoredModel): Model {
  return model;
}
