/**
 * The work of the threads of `ImagingPool` in the caller's own thread, for tests and benches: loads all decoders, which
 * the pool leaves to its threads.
 */
export { decodeImage } from '../decode/decode-image.js';
export { testImage, trainingImage } from '../prepare/prepare-image.js';
export { imageTraits } from '../traits/image-traits.js';
