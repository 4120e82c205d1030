import { open } from 'node:fs/promises';
import yauzl, { type Options, type ZipFile } from 'yauzl';

const locatorBytes = 20;
const endBytes = 22;
const longestComment = 0xffff;
const locatorSignature = 0x07064b50;

/**
 * Opens the zip at `path`; rejects when its directory cannot be read. Its entries are read one by one, and it is to be
 * closed.
 */
export async function openZipFile(path: string, options: Pick<Options, 'decodeStrings'> = {}): Promise<ZipFile> {
  await refusePlacesBeyondEnd(path);
  return yauzl.openPromise(path, { ...options, lazyEntries: true, autoClose: false, validateEntrySizes: true });
}

/**
 * Rejects when the end of a ZIP64 file says that the record of its directory lies beyond the file: yauzl 3.4.0 throws
 * where no caller can catch it when that place is no number that the file system takes.
 */
async function refusePlacesBeyondEnd(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, locatorBytes + endBytes + longestComment));
    await file.read(tail, 0, tail.length, size - tail.length);
    for (let at = 0; at + locatorBytes <= tail.length; at++) {
      if (tail[at] !== 0x50 || tail.readUInt32LE(at) !== locatorSignature) continue;
      const place = tail.readBigUInt64LE(at + 8);
      const isEnd = at + locatorBytes + 4 <= tail.length && tail.readUInt32LE(at + locatorBytes) === 0x06054b50;
      if (isEnd && place > BigInt(size)) throw new Error(`The zip points beyond its end, to ${place}.`);
    }
  } finally {
    await file.close();
  }
}
