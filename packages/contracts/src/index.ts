export { type AdaptationOptions, adaptationOptionsSchema } from './adaptation/adaptation-options.js';
export {
  type AdaptationOptionsInput,
  adaptationOptionsInputSchema,
  resolveAdaptationOptions,
} from './adaptation/adaptation-options-input.js';
export { type ChosenIntensity, chosenIntensitySchema } from './adaptation/intensity.js';
export { openApiDocument } from './openapi/document.js';
export {
  isProblemSlug,
  type ProblemSlug,
  problemKind,
  problemSlugs,
  problemType,
} from './problems/catalogue.js';
export type { FieldError } from './problems/field-errors.js';
export { problemPage } from './problems/page.js';
export {
  type Problem,
  ProblemError,
  type ProblemExtras,
  problemMediaType,
  problemSchema,
  problemSlug,
  type ReadinessCheck,
} from './problems/problem.js';
export { validate } from './problems/validate.js';
export * from './records/records.js';
export * from './resources/adaptations.js';
export * from './resources/aliases.js';
export * from './resources/audits.js';
export * from './resources/backbones.js';
export * from './resources/calibrations.js';
export * from './resources/datasets.js';
export * from './resources/dicomweb.js';
export * from './resources/drift.js';
export * from './resources/evaluations.js';
export type { Figure } from './resources/figures.js';
export * from './resources/health.js';
export * from './resources/images.js';
export * from './resources/inference.js';
export * from './resources/job-events.js';
export * from './resources/jobs.js';
export * from './resources/models.js';
export * from './resources/pages.js';
export * from './resources/primitives.js';
export * from './resources/reading.js';
export * from './resources/revisions.js';
export * from './resources/scores.js';
export * from './resources/scorings.js';
export * from './resources/sessions.js';
export * from './resources/thresholds.js';
export * from './resources/uploads.js';
export * from './resources/usage.js';
export * from './resources/webhooks.js';
export { problemsOf } from './routes/problems-of.js';
export { isInferencePath, type RequestBody, type Route } from './routes/route.js';
export * from './routes/routes.js';
export { serviceVersion } from './version.js';
