import { parentPort } from 'node:worker_threads';
import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import type { TaskReply, TaskRequest } from './task-thread.js';

/** In the thread of a `TaskThread`: does its requests one after the other. Any other error than those that cross ends the thread. */
export function serveTasks<Request, Answer>(work: (request: Request) => Answer | Promise<Answer>): void {
  if (!parentPort) throw new Error('This module is the entry of a worker thread.');
  const port = parentPort;
  let last = Promise.resolve();
  port.on('message', ({ id, request }: TaskRequest<Request>) => {
    last = last.then(async () => port.postMessage({ id, ...(await outcome(() => work(request))) }));
  });
}

type Outcome<Answer> =
  TaskReply<Answer> extends infer Reply ? (Reply extends unknown ? Omit<Reply, 'id'> : never) : never;

async function outcome<Answer>(work: () => Answer | Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { answer: await work() } as Outcome<Answer>;
  } catch (error) {
    if (error instanceof WeightsError) return { weightsError: { code: error.code, message: error.message } };
    if (error instanceof AdaptationError) return { adaptationError: { code: error.code, message: error.message } };
    throw error;
  }
}
