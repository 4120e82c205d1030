import { open } from 'node:fs/promises';
import yauzl, { type Options, type ZipFile } from 'yauzl';

const locatorBytes = 20;
const endBytes = 22;
const longestComment = 0xffff;
const locatorSignature = Buffer.from('PK\x06\x07');
const endSignature = Buffer.from('PK\x05\x06');

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
    for (let at = tail.indexOf(locatorSignature); at >= 0; at = tail.indexOf(locatorSignature, at + 1)) {
      const behind = at + locatorBytes;
      if (!tail.subarray(behind, behind + endSignature.length).equals(endSignature)) continue;
      const place = tail.readBigUInt64LE(at + 8);
      if (place > size) throw new Error(`The zip points beyond its end, to ${place}.`);
    }
  } finally {
    await file.close();
  }
}
