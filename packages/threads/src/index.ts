export { ByteBudget, type GrowingLease, type Lease, type TakeOptions } from './byte-budget.js';
export { crossed, type ErrorClass, rebuilt } from './crossed-error.js';
export { type Moved, move } from './move.js';
export { serveTasks, threadData } from './serve-tasks.js';
export { TaskPool } from './task-pool.js';
export type { TaskStream } from './task-stream.js';
export type { TaskContext } from './tasks.js';
export { ThreadError, type ThreadErrorCode } from './thread-error.js';
export { Turns } from './turns.js';
