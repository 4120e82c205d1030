import type { AdaptationOptions, FieldError } from '@mediclip/contracts';
import { TaskThread } from '../threads/task-thread.js';

const entry = new URL('../../dist/jobs/option-check-thread.js', import.meta.url);

/** Finds what a backbone cannot do of options (`optionFaults`) in a thread of its own, which starts with the first check. */
export class OptionCheck {
  readonly #thread: TaskThread<AdaptationOptions, FieldError[]>;

  constructor(modelsFolder: string) {
    this.#thread = new TaskThread(entry, { modelsFolder });
  }

  /** Rejects with a `WeightsError`, or with an Error when the thread ends. */
  faults(options: AdaptationOptions): Promise<FieldError[]> {
    return this.#thread.ask(options);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
