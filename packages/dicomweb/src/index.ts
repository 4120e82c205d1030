export { DicomwebClient } from './client.js';
export { DicomwebError, type DicomwebErrorCode } from './dicomweb-error.js';
export { ReferenceVault, sealOf } from './reference-vault.js';
export { type DicomwebServer, parseServers, serverOf } from './servers.js';
export { assertCanSend, type DicomwebSettings, vaultOf } from './settings.js';
export { studyResults } from './study-results.js';
