import type { AuditRecord } from './audit-record.js';

/** An audit that names none of these images; the same one when it names none anyway. What it counted stays. */
export function withoutImages(audit: AuditRecord, imageIds: ReadonlySet<string>): AuditRecord {
  const { copies, normals } = audit;
  const isGone = ({ imageId }: { readonly imageId: string }) => imageIds.has(imageId);
  if (!copies.groups.some(({ images }) => images.some(isGone)) && !normals?.outliers.some(isGone)) return audit;
  const left = copies.groups
    .map((group) => ({ ...group, images: group.images.filter((image) => !isGone(image)) }))
    .filter(({ images }) => images.length > 1);
  return {
    ...audit,
    copies: { ...copies, groups: left },
    ...(normals && { normals: { ...normals, outliers: normals.outliers.filter((image) => !isGone(image)) } }),
  };
}
