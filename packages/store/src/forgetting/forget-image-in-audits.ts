import { auditDocuments, auditKey } from '../audits/audit-record.js';
import { withoutImages } from '../audits/without-images.js';
import type { Tenant } from '../records/tenant.js';
import { youngerThan } from './younger-than.js';

/** Takes an image out of the copies and the outliers that audits name. */
export async function forgetImageInAudits(tenant: Tenant, datasetId: string, imageId: string): Promise<void> {
  const documents = auditDocuments(tenant);
  const load = async (id: string) => (await documents.read(auditKey(tenant, id)))?.value;
  for await (const audit of youngerThan(tenant, 'audits', imageId, load)) {
    if (audit.datasetId !== datasetId) continue;
    await documents.update(auditKey(tenant, audit.id), (stored) => withoutImages(stored, new Set([imageId])));
  }
}
