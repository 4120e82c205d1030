import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { ZipFile } from 'yazl';

/** Name and content of an entry. */
export type ArchiveEntry = readonly [name: string, content: Uint8Array | string];

export interface ZipOptions {
  readonly compress?: boolean;
  /** Unix mode of every entry. */
  readonly mode?: number;
}

/** A zip. Names may be anything: what the writer would refuse is patched in. */
export async function zip(
  entries: readonly ArchiveEntry[],
  { compress = false, mode = 0o100644 }: ZipOptions = {},
): Promise<Buffer> {
  const file = new ZipFile();
  const placeholders = entries.map(([name], i) => `${i}`.padEnd(Buffer.byteLength(name), '_'));
  for (const [i, [, content]] of entries.entries()) {
    file.addBuffer(Buffer.from(content), placeholders[i]!, { compress, mode });
  }
  file.end();
  let bytes: Buffer = await buffer(file.outputStream);
  for (const [i, [name]] of entries.entries()) bytes = replaceAll(bytes, placeholders[i]!, name);
  return bytes;
}

/** The zip with the flag of encryption on every entry. */
export function encrypted(bytes: Buffer): Buffer {
  return withHeaders(bytes, { local: 6, central: 8 }, (header, at) => {
    header[at]! |= 1;
  });
}

/** The zip without the flag that says that names are UTF-8. */
export function withoutNameEncoding(bytes: Buffer): Buffer {
  return withHeaders(bytes, { local: 7, central: 9 }, (header, at) => {
    header[at]! &= ~8;
  });
}

/** The zip that says of every entry that it is compressed by `method`. */
export function withMethod(bytes: Buffer, method: number): Buffer {
  return withHeaders(bytes, { local: 8, central: 10 }, (header, at) => {
    header.writeUInt16LE(method, at);
  });
}

/** A copy whose every local and central header `change` has changed at an offset. */
function withHeaders(
  bytes: Buffer,
  offsets: { readonly local: number; readonly central: number },
  change: (header: Buffer, at: number) => void,
): Buffer {
  const copy = Buffer.from(bytes);
  for (const [signature, offset] of [
    ['PK\x03\x04', offsets.local],
    ['PK\x01\x02', offsets.central],
  ] as const) {
    for (let at = copy.indexOf(signature, 0, 'latin1'); at >= 0; at = copy.indexOf(signature, at + 4, 'latin1')) {
      change(copy, at + offset);
    }
  }
  return copy;
}

/** A tar of plain files, and of whatever else `others` describe. */
export async function tar(entries: readonly ArchiveEntry[], others: readonly Header[] = []): Promise<Buffer> {
  const packing = pack();
  for (const [name, content] of entries) packing.entry({ name }, Buffer.from(content));
  for (const header of others) packing.entry(header as Header & { name: string });
  packing.finalize();
  return buffer(packing);
}

export function gzipped(bytes: Buffer): Buffer {
  return gzipSync(bytes);
}

function replaceAll(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + from.length)) copy.write(to, at);
  return copy;
}
