import type { Task } from './task.js';

/** Tasks that wait for a thread. Callers take turns; the tasks of one caller come in the order of their calls. */
export class WaitingTasks {
  /** By caller, the one whose turn it is first. */
  #queues = new Map<string, Task[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(task: Task): void {
    const queue = this.#queues.get(task.caller);
    if (queue) queue.push(task);
    else this.#queues.set(task.caller, [task]);
    this.#size++;
  }

  /** Puts back tasks that have been taken, to be the next ones, in their order. */
  putBack(tasks: readonly Task[]): void {
    for (const task of tasks.toReversed()) {
      const queue = [task, ...(this.#queues.get(task.caller) ?? [])];
      this.#queues.delete(task.caller);
      this.#queues = new Map([[task.caller, queue], ...this.#queues]);
      this.#size++;
    }
  }

  /** The task whose turn it is. */
  take(): Task | undefined {
    for (const [caller, queue] of this.#queues) {
      const task = queue.shift();
      this.#queues.delete(caller);
      if (queue.length > 0) this.#queues.set(caller, queue);
      if (task) this.#size--;
      return task;
    }
    return undefined;
  }

  /** Takes a task out of its turn; false when it does not wait. */
  remove(task: Task): boolean {
    const queue = this.#queues.get(task.caller);
    const place = queue?.indexOf(task) ?? -1;
    if (!queue || place < 0) return false;
    queue.splice(place, 1);
    if (queue.length === 0) this.#queues.delete(task.caller);
    this.#size--;
    return true;
  }

  /** All of them, in no order that matters; none is left. */
  clear(): Task[] {
    const tasks = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#size = 0;
    return tasks;
  }
}
