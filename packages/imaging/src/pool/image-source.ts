import { readFile, stat } from 'node:fs/promises';
import { checkBytes, type ImageLimits } from '../image/limits.js';

/** An image file: its bytes, or where it lies on this machine, for the thread to read it itself. */
export type ImageSource = Uint8Array | { readonly path: string };

/**
 * The bytes of a source. Rejects with an ImageError when it is larger than it may be, and when the file cannot be read.
 */
export async function bytesOf(source: ImageSource, limits: ImageLimits): Promise<Uint8Array> {
  if (source instanceof Uint8Array) {
    checkBytes(source.length, limits);
    return source;
  }
  checkBytes((await stat(source.path)).size, limits);
  return readFile(source.path);
}
