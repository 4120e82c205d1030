import { idSchema, type JudgedImage, judgedImageSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { RecordNotFound } from '../errors.js';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';
import { isUsableModel, modelFolder } from './model-record.js';

/** Judged images that a model remembers; beyond them the verdicts of longest ago go. */
const mostImages = 10_000;

const recordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  modelId: idSchema,
  /** The latest verdict on each image, oldest first. */
  images: z.array(judgedImageSchema).max(mostImages),
});

/**
 * What people have said of a model's results, over all of its scorings: the latest verdict on each image, at
 * `models/<id>/verdicts/record.json`. The verdicts themselves, with their notes, lie with the results (`JobResults`).
 */
export class JudgedImages {
  readonly #tenant: Tenant;
  readonly #documents: Documents<z.infer<typeof recordSchema>>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, recordSchema);
  }

  /** Oldest verdict first; empty for a model that nobody has judged. */
  async of(modelId: string): Promise<readonly JudgedImage[]> {
    return (await this.#documents.read(this.#key(modelId)))?.value.images ?? [];
  }

  /**
   * Notes a verdict in place of an earlier one on the same image. Rejects with `RecordNotFound` for a model that is not
   * there.
   */
  async note(modelId: string, judged: JudgedImage): Promise<void> {
    if (!(await isUsableModel(this.#tenant, modelId))) {
      throw new RecordNotFound(`There is no model with the id ${modelId}: list the models.`);
    }
    const noted = (images: readonly JudgedImage[]) =>
      [...images.filter(({ imageId }) => imageId !== judged.imageId), judged].slice(-mostImages);
    await this.#documents.upsert(this.#key(modelId), (record) => ({
      schemaVersion: 1,
      modelId,
      images: noted(record?.images ?? []),
    }));
  }

  /** Removes the verdicts that `isForgotten` says; a model without any, or one that is gone, is fine. */
  async forget(modelId: string, isForgotten: (judged: JudgedImage) => boolean): Promise<void> {
    const kept = ({ images, ...record }: z.infer<typeof recordSchema>) => ({
      ...record,
      images: images.filter((judged) => !isForgotten(judged)),
    });
    await this.#documents.update(
      this.#key(modelId),
      (record) => (record.images.some(isForgotten) ? kept(record) : undefined),
      { fromReserve: true },
    );
  }

  #key(modelId: string): string {
    return `${modelFolder(this.#tenant, modelId)}verdicts/record.json`;
  }
}
