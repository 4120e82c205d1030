export type { Backbone, ImageFamily, ImageTower, PerChannel, TapShape, TextFamily, TextTower } from './backbone.js';
export { type CatalogueOptions, type ListedBackbone, listBackbones, openBackbone } from './catalogue/catalogue.js';
export type { CatalogueEntry } from './catalogue/entries.js';
export { type ClipActivation, type ClipOptions, openClipBackbone } from './families/clip.js';
export { DEFAULT_HUB_URL, type HubOptions } from './hub/hub.js';
export { type PullOptions, pullWeights } from './hub/pull-weights.js';
export type { LayoutOptions, PhrasePosition, PromptLayout } from './prompts/layout-prompts.js';
export type { PromptAttention } from './towers/clip-text.js';
export { convertCheckpoint } from './weights/conversion/convert-checkpoint.js';
export { joinShards, shardNames } from './weights/conversion/join-shards.js';
export { fileDigest, recordDigests } from './weights/digests.js';
export { type ImportOptions, importWeights, type PlacedWeights } from './weights/import/import-weights.js';
export {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorLocation,
} from './weights/safetensors/header.js';
export {
  readFileBytes,
  readSafetensors,
  readSafetensorsFile,
  readSafetensorsHeader,
} from './weights/safetensors/read.js';
export {
  float32FromBfloat16,
  float32FromFloat16,
  type NamedTensor,
  type TensorData,
  type TensorDtype,
  toFloat32,
} from './weights/safetensors/tensor.js';
export { writeSafetensors } from './weights/safetensors/write.js';
export { type StreamedTensor, writeSafetensorsFile } from './weights/safetensors/write-file.js';
export { WeightsError, type WeightsErrorCode } from './weights-error.js';
