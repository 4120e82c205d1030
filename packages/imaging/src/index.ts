export { decodeImage } from './decode/decode-image.js';
export type { DecodedImage, ImageMode } from './decode/decoded-image.js';
export type { ImageFormat } from './decode/detect-format.js';
export { defaultImageLimits, type ImageLimits } from './decode/limits.js';
export type { TechnicalTags } from './dicom/technical-tags.js';
export { ImageError, type ImageErrorCode } from './image-error.js';
export { upsampleMap, upsampleMatrix } from './maps/upsample.js';
export { normalisedTensor } from './prepare/normalised-tensor.js';
export { maskImage, type SquareImage, testImage, trainingImage } from './prepare/prepare-image.js';
