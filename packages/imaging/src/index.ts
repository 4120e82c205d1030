export { decodeImage } from './decode/decode-image.js';
export type { DicomIdentity } from './dicom/identity.js';
export { chosenIntensity, type GreyStatistics, givenIntensity } from './greys/choose-intensity.js';
export type { GreyPixels } from './greys/grey-values.js';
export { ImageError, type ImageErrorCode } from './image/image-error.js';
export type { Frame, ImageDescription, PreparedKind } from './pool/frame-products.js';
export { ImagingPool } from './pool/imaging-pool.js';
export { type SquareImage, testImage, trainingImage } from './prepare/prepare-image.js';
