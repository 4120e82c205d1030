import { ProblemError } from '@mediclip/contracts';

/** How soon a client may come again whose images were not scored in time, seconds. */
const retryAfterSeconds = 5;

/**
 * The time that a request for scores has from when its images have arrived: for decoding, scoring and drawing together.
 */
export class ScoreDeadline {
  readonly #timeoutMs: number;
  readonly #passed = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Aborts with the problem `deadline-exceeded`. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  begin(): void {
    const pass = () => {
      const detail = `The images were not decoded and scored within ${this.#timeoutMs / 1000} s.`;
      this.#passed.abort(new ProblemError('deadline-exceeded', detail, { retryAfterSeconds }));
    };
    this.#timer = setTimeout(pass, this.#timeoutMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
