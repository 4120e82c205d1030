import { PreconditionFailed } from '../errors.js';
import {
  evaluationDocuments,
  evaluationFileKey,
  evaluationKey,
  type StoredEvaluation,
} from '../evaluations/evaluation-record.js';
import { filesOfImages, recordWithoutImages, withoutImages } from '../evaluations/without-images.js';
import type { Tenant } from '../records/tenant.js';
import { youngerThan } from './younger-than.js';

/** Takes an image out of evaluations, of their reports and their lists of scores; the figures stay. */
export async function forgetImageInEvaluations(tenant: Tenant, datasetId: string, imageId: string): Promise<void> {
  const documents = evaluationDocuments(tenant);
  const load = async (id: string) => (await documents.read(evaluationKey(tenant, id)))?.value;
  for await (const evaluation of youngerThan(tenant, 'evaluations', imageId, load)) {
    if (evaluation.datasetId !== datasetId) continue;
    const gone = new Set([imageId]);
    await documents.update(evaluationKey(tenant, evaluation.id), (stored) => recordWithoutImages(stored, gone));
    for (const name of filesOfImages) await forgetInFile(tenant, evaluation, name, imageId);
  }
}

/** Reads, changes and writes until nobody wrote in between, who may have taken another image out. */
async function forgetInFile(
  tenant: Tenant,
  evaluation: StoredEvaluation,
  name: string,
  imageId: string,
): Promise<void> {
  const key = evaluationFileKey(tenant, evaluation, name);
  for (;;) {
    const stored = await tenant.objects.get(key);
    const left = stored && withoutImages(name, stored.bytes, new Set([imageId]));
    if (left === undefined) return;
    try {
      await tenant.objects.put(key, left, { ifMatch: stored!.etag });
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
  }
}
