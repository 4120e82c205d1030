export { ApiKeysError } from './auth/api-keys.js';
export type { ServerDependencies, ServerSettings } from './dependencies.js';
export { buildServer } from './server.js';
