export { ImageIntake, type IncomingImage } from './image-intake.js';
export { type SpooledFile, spool } from './spool.js';
