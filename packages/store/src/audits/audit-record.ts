import { auditRecordSchema } from '@mediclip/contracts';
import type { z } from 'zod';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

/** An audit as the store keeps it at `audits/<id>/audit.json`. */
export type AuditRecord = z.infer<typeof auditRecordSchema>;

export const auditFolder = ({ prefix }: Tenant, id: string) => `${prefix}audits/${id}/`;
export const auditKey = (tenant: Tenant, id: string) => `${auditFolder(tenant, id)}audit.json`;

export function auditDocuments({ objects }: Tenant): Documents<AuditRecord> {
  return new Documents(objects, auditRecordSchema);
}
