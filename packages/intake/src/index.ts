export { type FileNames, hashedNames, keptNames } from './file-names.js';
export { ImageIntake, type IncomingImage } from './image-intake.js';
export { type ReadingRequest, readingOf } from './reading-of.js';
export { type SpooledFile, spool } from './spool.js';
