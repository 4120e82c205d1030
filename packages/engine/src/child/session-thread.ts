/** A worker thread that has sessions of ONNX Runtime, of one thread each: the other end of `threadRuntime`. */
import type { ModelSource, Session, Tensor } from '@mediclip/onnx-graph';
import { discard, type Moved, move, serveTasks } from '@mediclip/threads';
import { cpu, createOrtSession } from './ort-session.js';

const sessions = new Map<number, Session>();

const tasks = {
  open: async ({ id, model }: { readonly id: number; readonly model: ModelSource }): Promise<void> => {
    sessions.set(id, await createOrtSession(model, cpu, 1));
  },
  run: async ({ id, feeds, fetches }: Run): Promise<Moved<Record<string, Tensor>>> => {
    const outputs = await sessions.get(id)!.run(feeds, fetches);
    discard(Object.values(feeds).map(({ data }) => data));
    const buffers = Object.values(outputs).map(({ data }) => data.buffer);
    return move(outputs, buffers);
  },
  release: async (id: number): Promise<void> => {
    await sessions.get(id)!.release();
    sessions.delete(id);
  },
};

interface Run {
  readonly id: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly fetches: readonly string[] | undefined;
}

export type SessionTasks = typeof tasks;
serveTasks(tasks);
