export type { Backbone } from './backbone.js';
export { type ListedBackbone, listBackbones, listedBackbone, openBackbone } from './catalogue/catalogue.js';
export { openClipBackbone } from './families/clip.js';
export { pullWeights } from './hub/pull-weights.js';
export { importWeights, type PlacedWeights } from './weights/import/import-weights.js';
export {
  readFileBytes,
  readSafetensors,
  readSafetensorsFile,
  readSafetensorsHeader,
} from './weights/safetensors/read.js';
export {
  float32FromFloat16,
  type NamedTensor,
  toFloat32,
} from './weights/safetensors/tensor.js';
export { writeSafetensors } from './weights/safetensors/write.js';
export { writeSafetensorsFile } from './weights/safetensors/write-file.js';
export { WeightsError, type WeightsErrorCode } from './weights-error.js';
