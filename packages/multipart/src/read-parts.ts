import { FormFault } from './form-fault.js';

/** A part, with what its head says. What is not read of its content is passed over when the next part is asked for. */
export type ReadPart<Head> = Head & { readonly content: AsyncGenerator<Uint8Array, void> };

const lineBreak = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');
const largestHeadBytes = 16 * 1024;
/** Blanks that may follow a boundary. */
const longestPadding = 128;

/**
 * The parts of a multipart body (RFC 2046, 5.1), in order, with nothing before the first boundary and nothing behind
 * the last but what is passed over. It reads no further than it is asked to: who does not take content makes the sender
 * wait. Throws a `FormFault` for a body that is no multipart, and what `readHead` and `body`
 * throw.
 */
export async function* readParts<Head>(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  readHead: (text: string) => Head,
): AsyncGenerator<ReadPart<Head>, void> {
  const input = new Window(body);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  try {
    await drain(input.until(delimiter));
    while (!(await isLast(input))) {
      let isRead = false;
      const content = async function* () {
        yield* input.until(delimiter);
        isRead = true;
      };
      yield { ...readHead(await headOf(input)), content: content() };
      if (!isRead) await drain(input.until(delimiter));
    }
    await drain(input.rest());
  } finally {
    await input.close();
  }
}

/** What stands directly behind a boundary: `--` behind the last. */
async function isLast(input: Window): Promise<boolean> {
  if ((await input.peek(2)).equals(Buffer.from('--'))) return true;
  const fault = 'a boundary is not followed by a line break';
  const padding = await input.line(lineBreak, longestPadding, fault);
  if (!/^[ \t]*$/.test(padding)) throw new FormFault(fault);
  return false;
}

async function headOf(input: Window): Promise<string> {
  return input.line(headEnd, largestHeadBytes, `a part has no head of at most ${largestHeadBytes} bytes`);
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

/**
 * The stretch of a body that was received and not yet read; it is never longer than a chunk and what is searched for.
 */
class Window {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** The first boundary may stand at the very start, where no line break is before it. */
  #bytes: Buffer = lineBreak;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, which stay. */
  async peek(length: number): Promise<Buffer> {
    while (this.#bytes.length < length) await this.#receive();
    return this.#bytes.subarray(0, length);
  }

  /**
   * The text up to `end`, which is passed over. Throws a `FormFault` that says `fault` when it is longer than `longest`
   * bytes.
   */
  async line(end: Buffer, longest: number, fault: string): Promise<string> {
    let at = this.#bytes.indexOf(end);
    while (at < 0) {
      if (this.#bytes.length > longest + end.length) break;
      await this.#receive();
      at = this.#bytes.indexOf(end);
    }
    if (at < 0 || at > longest) throw new FormFault(fault);
    const text = this.#bytes.toString('utf8', 0, at);
    this.#bytes = this.#bytes.subarray(at + end.length);
    return text;
  }

  /** Everything up to `delimiter`, which is passed over. Never gives an empty chunk. */
  async *until(delimiter: Buffer): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const at = this.#bytes.indexOf(delimiter);
      if (at === 0) break;
      const safe = at > 0 ? at : Math.max(0, this.#bytes.length - delimiter.length + 1);
      const chunk = this.#bytes.subarray(0, safe);
      this.#bytes = this.#bytes.subarray(safe);
      if (chunk.length > 0) yield chunk;
      if (at < 0) await this.#receive();
    }
    this.#bytes = this.#bytes.subarray(delimiter.length);
  }

  /** Everything that is left. */
  async *rest(): AsyncGenerator<Uint8Array, void> {
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) yield next.value;
  }

  /** Lets go of the body, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #receive(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) throw new FormFault('it ends before its last boundary');
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#bytes, next.value]);
  }
}
