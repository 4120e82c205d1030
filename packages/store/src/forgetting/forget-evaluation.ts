import { evaluationFolder, evaluationKey } from '../evaluations/evaluation-record.js';
import type { Tenant } from '../records/tenant.js';
import { Intentions } from './intentions.js';

/** Removes an evaluation: its record first, so that nobody finds one whose files are going. May be repeated. */
export async function forgetEvaluation(tenant: Tenant, id: string): Promise<void> {
  const intentions = new Intentions(tenant);
  await intentions.add({ kind: 'evaluation', id });
  await finishEvaluation(tenant, id);
}

/** Goes on with the removal of an evaluation whose intention is there already. */
export async function finishEvaluation(tenant: Tenant, id: string): Promise<void> {
  await tenant.objects.delete(evaluationKey(tenant, id));
  await tenant.objects.deleteFolder(evaluationFolder(tenant, id));
  await new Intentions(tenant).remove({ kind: 'evaluation', id });
}
