export type { WorkerDependencies, WorkerEngine, WorkerSettings } from './dependencies.js';
export { reportFileName } from './jobs/evaluation/evaluation-job.js';
export { startWorker, type Worker, type WorkerState } from './worker.js';
