export { type FileNames, hashedNames, keptNames } from './file-names.js';
export { ImageIntake } from './image-intake.js';
export type { IncomingImage } from './intake-options.js';
export { type ReadingRequest, readingOf } from './reading-of.js';
export { type SpooledFile, spool } from './spool.js';
