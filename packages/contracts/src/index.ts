export {
  type AdaptationOptions,
  type AdaptationOptionsInput,
  adaptationOptionsInputSchema,
  adaptationOptionsSchema,
  resolveAdaptationOptions,
} from './adaptation-options.js';
export {
  isProblemSlug,
  type ProblemKind,
  type ProblemSlug,
  problemKind,
  problemSlugs,
  problemType,
} from './problems/catalogue.js';
export { type FieldError, fieldErrors, jsonPointer } from './problems/field-errors.js';
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
