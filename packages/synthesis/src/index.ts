export type { NormalImage } from './image.js';
export type { SynthesisOptions } from './options.js';
export { RandomStream } from './random/random-stream.js';
export { type SyntheticSample, synthesize } from './synthesize.js';
