import { randomBytes } from 'node:crypto';

/** Parts of one media type as a body of `multipart/related` that is written as they come, and its `Content-Type`. */
export function relatedStream(
  mediaType: string,
  parts: AsyncIterable<Uint8Array>,
): { readonly contentType: string; readonly bytes: AsyncGenerator<Uint8Array> } {
  const boundary = randomBytes(16).toString('hex');
  const bytes = async function* () {
    for await (const part of parts) {
      yield Buffer.from(`--${boundary}\r\nContent-Type: ${mediaType}\r\n\r\n`);
      yield part;
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  };
  return { contentType: `multipart/related; type="${mediaType}"; boundary=${boundary}`, bytes: bytes() };
}
