export type { GreyImage } from './image.js';
export { defaultSynthesisOptions, type SynthesisOptions, type SynthesisTask } from './options.js';
export { RandomStream } from './random/random-stream.js';
export { type SyntheticSample, synthesize } from './synthesize.js';
