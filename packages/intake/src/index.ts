export { ImageIntake, type IncomingImage, type IntakeOptions } from './image-intake.js';
export { type SpooledFile, spool } from './spool.js';
