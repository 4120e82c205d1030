import { randomBytes } from 'node:crypto';
import { headersOf, mediaTypeOf } from './part-head.js';

/** What the head of a part of `multipart/related` says of it (RFC 2387). */
export interface RelatedHead {
  /** In lower case, without parameters; empty where the part does not say. */
  readonly mediaType: string;
}

/** Reads the header lines of a part of `multipart/related`. Throws a `FormFault` for a line that is none. */
export function readRelatedHead(text: string): RelatedHead {
  return { mediaType: mediaTypeOf(headersOf(text).get('content-type') ?? '') };
}

/** Parts of one media type as a body of `multipart/related`, and its `Content-Type`. */
export function relatedBody(
  mediaType: string,
  parts: readonly Uint8Array[],
): { readonly contentType: string; readonly bytes: Buffer<ArrayBuffer> } {
  const boundary = randomBytes(16).toString('hex');
  const head = Buffer.from(`--${boundary}\r\nContent-Type: ${mediaType}\r\n\r\n`);
  const chunks = parts.flatMap((part) => [head, part, Buffer.from('\r\n')]);
  return {
    contentType: `multipart/related; type="${mediaType}"; boundary=${boundary}`,
    bytes: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
