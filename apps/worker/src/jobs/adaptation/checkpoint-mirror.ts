import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Attempt, JobAttempts } from '@mediclip/store';

const scratchName = 'checkpoint';

/**
 * Keeps a copy of the local checkpoint file in the job's own storage, so that another machine can go on from it. The
 * engine replaces the file whole, so that it can be read at any time.
 */
export class CheckpointMirror {
  readonly #attempts: Pick<JobAttempts, 'getScratch' | 'putScratch'>;
  readonly #attempt: Attempt;
  readonly #file: string;
  readonly #onError: (error: unknown) => void;
  /** Which state of the file the job's storage has. */
  #mirrored: string | undefined;
  #busy: Promise<void> | undefined;

  constructor(
    attempts: Pick<JobAttempts, 'getScratch' | 'putScratch'>,
    attempt: Attempt,
    file: string,
    onError: (error: unknown) => void,
  ) {
    this.#attempts = attempts;
    this.#attempt = attempt;
    this.#file = file;
    this.#onError = onError;
  }

  /** Writes the file as the last attempt left it; true when there was one. */
  async restore(): Promise<boolean> {
    const bytes = await this.#attempts.getScratch(this.#attempt, scratchName);
    if (bytes === undefined) return false;
    await mkdir(path.dirname(this.#file), { recursive: true });
    await writeFile(this.#file, bytes);
    this.#mirrored = await versionOf(this.#file);
    return true;
  }

  /** Copies the file in the background if it has changed and no copy is under way. Errors go to `onError`. */
  update(): void {
    this.#busy ??= this.#copy()
      .catch(this.#onError)
      .finally(() => {
        this.#busy = undefined;
      });
  }

  /** Resolves when no copy is under way. */
  async idle(): Promise<void> {
    await this.#busy;
  }

  /** Copies the file if it has changed. Rejects when that fails. */
  async flush(): Promise<void> {
    await this.idle();
    await this.#copy();
  }

  async #copy(): Promise<void> {
    const version = await versionOf(this.#file);
    if (version === undefined || version === this.#mirrored) return;
    await this.#attempts.putScratch(this.#attempt, scratchName, await readFile(this.#file));
    this.#mirrored = version;
  }
}

/** Changes whenever the file is replaced; undefined when there is none. */
async function versionOf(file: string): Promise<string | undefined> {
  try {
    const { ino, mtimeMs } = await stat(file);
    return `${ino} ${mtimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
