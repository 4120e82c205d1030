export type { WorkerDependencies, WorkerEngine, WorkerSettings } from './dependencies.js';
export { startWorker, type Worker, type WorkerState } from './worker.js';
