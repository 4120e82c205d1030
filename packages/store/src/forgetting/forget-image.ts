import { ImageCounts } from '../datasets/image-counts.js';
import { removeImage } from '../datasets/remove-image.js';
import { RecordExists, RecordInUse, RecordNotFound, StoreFull } from '../errors.js';
import { assertUnused } from '../jobs/in-use.js';
import type { Tenant } from '../records/tenant.js';
import { forgetAnswersNaming } from './forget-answers.js';
import { forgetImageInAudits } from './forget-image-in-audits.js';
import { forgetImageInEvaluations } from './forget-image-in-evaluations.js';
import { forgetImageInScorings } from './forget-image-in-scorings.js';
import { Intentions } from './intentions.js';

interface ForgottenImage {
  readonly datasetId: string;
  readonly id: string;
}

/**
 * Removes an image with all that was made of it: results with maps and verdicts, its pictures in reports, its scores in
 * evaluations, its places in audits, what shadows remember of it, and kept answers that name it. From the intention on
 * it is there for nobody; of a job that begins and this deletion at least one sees the other and is undone. Rejects
 * with `RecordInUse` while jobs that have not ended use its data set, and with `RecordNotFound` when somebody else is
 * at it.
 */
export async function forgetImage(tenant: Tenant, { datasetId, id }: ForgottenImage): Promise<void> {
  await assertUnused(tenant, datasetId, 'data-set-in-use');
  try {
    await new Intentions(tenant).create({ kind: 'image', id, datasetId });
  } catch (error) {
    if (!(error instanceof RecordExists)) throw error;
    throw new RecordNotFound(`The image ${id} has just been deleted: nothing is left to do.`);
  }
  await decide(tenant, { datasetId, id });
}

/**
 * Goes on with the removal of an image: ends it, or undoes it when it was not decided and a job came first. The process
 * that began may be alive: who decides or undoes first counts for both.
 */
export async function resumeImage(tenant: Tenant, { datasetId, id }: ForgottenImage): Promise<void> {
  try {
    await decide(tenant, { datasetId, id });
  } catch (error) {
    if (!(error instanceof RecordInUse)) throw error;
  }
}

async function decide(tenant: Tenant, { datasetId, id }: ForgottenImage): Promise<void> {
  const intentions = new Intentions(tenant);
  const inUse = await assertUnused(tenant, datasetId, 'data-set-in-use').then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof RecordInUse)) throw error;
      return error;
    },
  );
  const outcome = await intentions.settle(id, inUse ? 'undone' : 'decided');
  if (outcome === 'undone') {
    await intentions.remove({ kind: 'image', id });
    throw inUse ?? new RecordInUse('data-set-in-use', 'A job began to use it at the same moment: try again.', []);
  }
  await finishImage(tenant, { datasetId, id });
}

async function finishImage(tenant: Tenant, { datasetId, id }: ForgottenImage): Promise<void> {
  try {
    await new ImageCounts(tenant).whileRemoving(datasetId, () => removeImage(tenant, datasetId, id));
  } catch (error) {
    // Its data set is gone, or going with all of its images.
    if (!(error instanceof RecordNotFound)) throw error;
    await removeImage(tenant, datasetId, id);
  }
  await forgetImageInScorings(tenant, datasetId, id);
  await forgetAnswersNaming(tenant, id);
  try {
    await forgetImageInEvaluations(tenant, datasetId, id);
    await forgetImageInAudits(tenant, datasetId, id);
    await new Intentions(tenant).remove({ kind: 'image', id });
  } catch (error) {
    // What is written anew needs room. The intention stays, so that nobody is shown anything of the image meanwhile.
    if (error instanceof StoreFull) return;
    throw error;
  }
}
