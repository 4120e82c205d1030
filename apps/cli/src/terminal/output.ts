/** Where a command writes: facts for machines or tables for people to stdout, progress and remarks to stderr. */
export interface Output {
  /** JSON lines only. */
  readonly json: boolean;
  /** With `json` one line of it to stdout; otherwise nothing. */
  event(event: Readonly<Record<string, unknown>>): void;
  /** A line for people to stdout; nothing with `json`. */
  line(text: string): void;
  /** A line for people to stderr; nothing with `json`. */
  remark(text: string): void;
}

/** The terminal, or JSON lines on standard output. */
export function createOutput(json: boolean): Output {
  return {
    json,
    event: (event) => json && process.stdout.write(`${JSON.stringify(event)}\n`),
    line: (text) => json || process.stdout.write(`${text}\n`),
    remark: (text) => json || process.stderr.write(`${text}\n`),
  };
}
