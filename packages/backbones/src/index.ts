export type { Backbone, ImageFamily, ImageTower, PerChannel, TapShape, TextFamily, TextTower } from './backbone.js';
export { type CatalogueOptions, type ListedBackbone, listBackbones, openBackbone } from './catalogue/catalogue.js';
export type { CatalogueEntry } from './catalogue/entries.js';
export { convertCheckpoint } from './conversion/convert-checkpoint.js';
export { joinShards, shardNames } from './conversion/join-shards.js';
export { DEFAULT_HUB_URL, type HubOptions } from './hub/hub.js';
export { type PullOptions, pullWeights } from './hub/pull-weights.js';
export { type ImportOptions, importWeights, type PlacedWeights } from './import/import-weights.js';
export { type ClipActivation, type ClipOptions, openClipBackbone } from './open/clip.js';
export type { LayoutOptions, PhrasePosition, PromptLayout } from './prompts/layout-prompts.js';
export {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorLocation,
} from './safetensors/header.js';
export { readFileBytes, readSafetensors, readSafetensorsFile, readSafetensorsHeader } from './safetensors/read.js';
export {
  float32FromBfloat16,
  float32FromFloat16,
  type NamedTensor,
  type TensorData,
  type TensorDtype,
  toFloat32,
} from './safetensors/tensor.js';
export { writeSafetensors } from './safetensors/write.js';
export { type StreamedTensor, writeSafetensorsFile } from './safetensors/write-file.js';
export type { PromptAttention } from './towers/clip-text.js';
export { fileDigest, recordDigests } from './weights/digests.js';
export { WeightsError, type WeightsErrorCode } from './weights-error.js';
