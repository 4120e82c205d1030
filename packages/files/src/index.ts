export { hashing, sha256Of } from './hashing.js';
export { makeFolder } from './make-folder.js';
export { openZipFile } from './open-zip.js';
export { livingFolders, ProcessFolder, removeDeadFolders } from './process-folder.js';
export { syncFolder, writeFileWhole, writeFully } from './write-file-whole.js';
