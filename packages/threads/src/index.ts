export { type CrossedError, crossed, type ErrorClass, rebuilt } from './crossed-error.js';
export { type Moved, move } from './move.js';
export { serveTasks, threadData } from './serve-tasks.js';
export type { TaskOptions } from './task.js';
export { TaskPool, type TaskPoolOptions } from './task-pool.js';
export type { TaskStream } from './task-stream.js';
export type { TaskContext } from './tasks.js';
export { ThreadError, type ThreadErrorCode } from './thread-error.js';
