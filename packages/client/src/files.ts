import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Label, Split } from '@mediclip/contracts';

/** Bytes, or a function that opens them anew each time, so that a request can be repeated. */
export type Bytes = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** A file to send. */
export interface NamedFile {
  readonly fileName: string;
  readonly content: Bytes;
}

/** An image to add to a data set, with what is known about it. */
export interface LabelledFile extends NamedFile {
  readonly split: Split;
  readonly label: Label;
  /** Mask of its abnormal pixels, in the size of the image. */
  readonly mask?: NamedFile;
}

/** A file on this machine, read as it is sent. */
export function fileAt(filePath: string): NamedFile {
  return { fileName: path.basename(filePath), content: () => createReadStream(filePath) };
}

/** The bytes in pieces. */
export async function* open(bytes: Bytes): AsyncGenerator<Uint8Array> {
  if (bytes instanceof Uint8Array) yield bytes;
  else yield* bytes();
}
