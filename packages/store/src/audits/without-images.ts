import type { AuditRecord } from './audit-record.js';

/** An audit that names none of these images; the same one when it names none anyway. What it counted stays. */
export function withoutImages(audit: AuditRecord, imageIds: ReadonlySet<string>): AuditRecord {
  const { groups } = audit.copies;
  if (!groups.some(({ images }) => images.some(({ imageId }) => imageIds.has(imageId)))) return audit;
  const left = groups
    .map((group) => ({ ...group, images: group.images.filter(({ imageId }) => !imageIds.has(imageId)) }))
    .filter(({ images }) => images.length > 1);
  return { ...audit, copies: { ...audit.copies, groups: left } };
}
