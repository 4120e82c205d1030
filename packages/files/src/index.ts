export { hashing, sha256Of } from './hashing.js';
export { type FoundFolder, livingFolders, ProcessFolder, removeDeadFolders } from './process-folder.js';
export { syncFolder, writeFileWhole, writeFully } from './write-file-whole.js';
