export {
  type AdaptationOptions,
  type AdaptationOptionsInput,
  adaptationOptionsInputSchema,
  adaptationOptionsSchema,
  resolveAdaptationOptions,
} from './adaptation-options.js';
export { type FieldError, fieldErrors, jsonPointer } from './json-pointer.js';
