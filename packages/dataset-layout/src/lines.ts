import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** A line of a text, counted from 1, without its end. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

export interface LineLimits {
  readonly listBytes: number;
  /** UTF-16 code units. */
  readonly lineLength: number;
  /** Called with the number of the line that is too long, or of the one in which the text became too long. */
  readonly tooLong: (what: 'list' | 'line', line: number) => Error;
}

/** Work on lines that the event loop may wait for: code units of text, and lines. */
const pauseAfter = { length: 128 * 1024, lines: 200 };

/**
 * The lines of a text that are not blank, in UTF-8, or in UTF-16 with its mark at the start; a mark is left out. Holds
 * one line and one chunk, and lets other work run every few hundred lines. Throws what `tooLong` makes.
 */
export async function* linesOf(
  content: AsyncIterable<Uint8Array>,
  { listBytes, lineLength, tooLong }: LineLimits,
): AsyncGenerator<Line> {
  const since = { length: 0, lines: 0 };
  let number = 1;
  let rest = '';
  for await (const text of textOf(content, listBytes, () => tooLong('list', number))) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (part.length > lineLength) throw tooLong('line', number);
      if (part.trim() !== '') yield { number, text: part };
      number++;
      since.length += part.length;
      if (++since.lines < pauseAfter.lines && since.length < pauseAfter.length) continue;
      await yieldToEventLoop();
      Object.assign(since, { length: 0, lines: 0 });
    }
    if (rest.length > lineLength) throw tooLong('line', number);
  }
  if (rest.trim() !== '') yield { number, text: rest };
}

/** The text of the bytes, in pieces. */
async function* textOf(
  content: AsyncIterable<Uint8Array>,
  maximumBytes: number,
  tooLong: () => Error,
): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let head: Uint8Array = new Uint8Array(0);
  let sizeBytes = 0;
  for await (const chunk of content) {
    sizeBytes += chunk.length;
    if (sizeBytes > maximumBytes) throw tooLong();
    if (decoder) {
      yield decoder.decode(chunk, { stream: true });
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 2) continue;
    decoder = new TextDecoder(encodingOf(head));
    yield decoder.decode(head, { stream: true });
  }
  yield decoder ? decoder.decode() : new TextDecoder().decode(head);
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}
