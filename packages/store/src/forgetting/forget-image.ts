import { ImageCounts } from '../datasets/image-counts.js';
import { removeImage } from '../datasets/remove-image.js';
import { RecordExists, RecordInUse, RecordNotFound, StoreFull } from '../errors.js';
import { assertUnused } from '../jobs/in-use.js';
import type { Tenant } from '../records/tenant.js';
import { forgetAnswersNaming } from './forget-answers.js';
import { forgetImageInAudits } from './forget-image-in-audits.js';
import { forgetImageInEvaluations } from './forget-image-in-evaluations.js';
import { forgetImageInScorings } from './forget-image-in-scorings.js';
import { Intentions, type StoredIntention } from './intentions.js';

/** After which time a deletion that is not decided counts as one whose process died. */
const decisionMs = 600_000;

interface ForgottenImage {
  readonly datasetId: string;
  readonly id: string;
}

/**
 * Removes an image with all that was made of it: results with maps and verdicts, its pictures in reports, its scores in
 * evaluations, its places in audits, what shadows remember of it, and kept answers that name it. From the intention on
 * it is there for nobody; of a job that begins and this deletion at least one sees the other and gives way. Rejects
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

/** Goes on with it, or undoes it when a job came first. */
export async function resumeImage(
  tenant: Tenant,
  { datasetId, id, decided, since }: Extract<StoredIntention, { kind: 'image' }>,
): Promise<void> {
  if (decided) return finishImage(tenant, { datasetId, id });
  if (Date.parse(since) > tenant.now() - decisionMs) return;
  try {
    await decide(tenant, { datasetId, id });
  } catch (error) {
    if (!(error instanceof RecordInUse)) throw error;
  }
}

async function decide(tenant: Tenant, { datasetId, id }: ForgottenImage): Promise<void> {
  const intentions = new Intentions(tenant);
  const intention = { kind: 'image', id, datasetId } as const;
  try {
    await assertUnused(tenant, datasetId, 'data-set-in-use');
  } catch (error) {
    if (error instanceof RecordInUse) await intentions.remove(intention);
    throw error;
  }
  try {
    await intentions.add({ ...intention, decided: true });
  } catch (error) {
    // What is removed next makes room; without the decision, only going on after a death comes later.
    if (!(error instanceof StoreFull)) throw error;
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
    await new Intentions(tenant).remove({ kind: 'image', id, datasetId });
  } catch (error) {
    // What is written anew needs room. The intention stays, so that nobody is shown anything of the image meanwhile.
    if (error instanceof StoreFull) return;
    throw error;
  }
}
