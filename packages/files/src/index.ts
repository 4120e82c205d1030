export { hashing, sha256Of } from './hashing.js';
export { syncFolder, writeFileWhole, writeFully } from './write-file-whole.js';
