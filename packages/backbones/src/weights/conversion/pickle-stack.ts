import type { Pickled } from './pickled.js';
import { refuse } from './rebuild.js';

const mostMarks = 1000;

/** The stack of a pickle's machine, with its marks and its memo. Throws `WeightsError` where something is missing. */
export class PickleStack {
  #values: Pickled[] = [];
  /** What lay on the stack below each open mark. */
  readonly #below: Pickled[][] = [];
  readonly #memo = new Map<number, Pickled>();

  push(value: Pickled): void {
    this.#values.push(value);
  }

  pop(): Pickled {
    const value = this.peek();
    this.#values.pop();
    return value;
  }

  peek(): Pickled {
    const value = this.#values.at(-1);
    return value === undefined ? refuse('takes a value from an empty stack') : value;
  }

  /** The last `count` values, off the stack. */
  take(count: number): Pickled[] {
    if (this.#values.length < count) refuse('takes a value from an empty stack');
    return this.#values.splice(this.#values.length - count);
  }

  mark(): void {
    if (this.#below.length === mostMarks) refuse('nests too deeply');
    this.#below.push(this.#values);
    this.#values = [];
  }

  /** The values since the last mark, off the stack with it. */
  takeMarked(): Pickled[] {
    const values = this.#values;
    this.#values = this.#below.pop() ?? refuse('closes a group that it never opened');
    return values;
  }

  /** Names the last value by a number, or by the next one in turn. */
  memorise(key: number = this.#memo.size): void {
    this.#memo.set(key, this.peek());
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    this.#values.push(value === undefined ? refuse('recalls a value that it never named') : value);
  }
}
