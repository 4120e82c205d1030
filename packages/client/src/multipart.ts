import { randomUUID } from 'node:crypto';
import type { ReadingOptions } from './call-options.js';
import { type LabelledFile, type NamedFile, open } from './files.js';
import type { StreamedBody } from './transport.js';

/** One part of a form: a text field, or a file. */
export type Part = readonly [name: string, value: string | NamedFile];

/**
 * The parts of an upload: `split` and `label` before the files that they hold for, every `mask` right after its image.
 */
export function* uploadParts(files: Iterable<LabelledFile>, reading: ReadingOptions = {}): Generator<Part> {
  let last: LabelledFile | undefined;
  for (const name of ['axis', 'dicomGroups'] as const) {
    const value = reading[name];
    if (value !== undefined) yield [name, value];
  }
  for (const file of files) {
    if (file.split !== last?.split) yield ['split', file.split];
    if (file.label !== last?.label) yield ['label', file.label];
    yield ['file', file];
    if (file.mask) yield ['mask', file.mask];
    last = file;
  }
}

/**
 * A `multipart/form-data` body (RFC 7578) that reads its files while it is sent. Sent again it has the same bytes,
 * boundary included, so that an idempotency key still fits.
 */
export function multipart(parts: readonly Part[]): StreamedBody {
  const boundary = `mediclip-${randomUUID()}`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    open: () => encode(parts, boundary),
  };
}

async function* encode(parts: readonly Part[], boundary: string): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const [name, value] of parts) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
    if (typeof value === 'string') {
      yield encoder.encode(`${head}\r\n\r\n${value}\r\n`);
    } else {
      const type = 'Content-Type: application/octet-stream';
      yield encoder.encode(`${head}; filename="${quoted(value.fileName)}"\r\n${type}\r\n\r\n`);
      yield* open(value.content);
      yield encoder.encode('\r\n');
    }
  }
  yield encoder.encode(`--${boundary}--\r\n`);
}

/** A file name as browsers write it (WHATWG HTML, multipart/form-data encoding algorithm). */
function quoted(fileName: string): string {
  return fileName.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
