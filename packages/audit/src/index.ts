export { type AuditedEvaluation, auditEvaluation, evaluationAudit } from './audit-evaluation.js';
export { auditImages } from './audit-images.js';
export { findCopies } from './copies/find-copies.js';
export type { ImageToAudit } from './image-to-audit.js';
export { cueWords } from './sentences.js';
export { withNormals } from './with-normals.js';
