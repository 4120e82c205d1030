export { ApiKeysError } from './auth/api-keys.js';
export type { Imaging, ReadinessProbe, ServerDependencies, ServerSettings } from './dependencies.js';
export { buildServer } from './server.js';
