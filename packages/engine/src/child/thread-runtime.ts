import { OutOfMemoryError, type Runtime, type Session, toOutOfMemoryError } from '@mediclip/onnx-graph';
import { TaskPool, ThreadError } from '@mediclip/threads';
import { bufferGarbage, bytesOf, cpu, createOrtSession } from './ort-session.js';
import type { SessionTasks } from './session-thread.js';

const entry = new URL('../../dist/child/session-thread.js', import.meta.url);

/**
 * ONNX Runtime on the processor in a worker thread, for sessions of one thread that compute while the calling thread
 * does something else. The thread starts with the first session, and keeps no process alive. Where the system has no
 * room for it, the calling thread does its work. When it ends later its sessions are lost: that is thrown where nobody
 * catches it, so that the process ends and is replaced.
 */
export function threadRuntime(threadEntry: URL = entry): Runtime {
  const pool = new TaskPool<SessionTasks>({
    entry: threadEntry,
    threads: 1,
    isStateful: true,
    errors: [OutOfMemoryError],
  });
  let started: Promise<boolean> | undefined;
  let lastId = 0;
  let runs = 0;
  return {
    provider: 'cpu',
    threads: 1,
    get isBusy() {
      return runs > 0;
    },
    async createSession(model): Promise<Session> {
      started ??= pool.start().then(
        () => true,
        () => false,
      );
      if (!(await started)) return createOrtSession(model, cpu, 1);
      const id = ++lastId;
      await answer(pool.run('open', { id, model }));
      return {
        async run(feeds, fetches) {
          runs += 1;
          try {
            const outputs = await answer(pool.run('run', { id, feeds, fetches }));
            bufferGarbage.made(bytesOf(outputs));
            return outputs;
          } finally {
            runs -= 1;
          }
        },
        release: () => answer(pool.run('release', id)),
      };
    },
  };
}

async function answer<T>(task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof ThreadError) throwToNobody(error);
    throw toOutOfMemoryError(error);
  }
}

function throwToNobody(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
