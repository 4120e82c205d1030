import { Readable } from 'node:stream';
import { hashing } from '@mediclip/files';
import { ZipFile } from 'yazl';
import { exportFiles } from './export-files.js';

/** A file of a zip: its size, and its content when its turn comes. */
export interface ZipContent {
  readonly name: string;
  readonly sizeBytes: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

const chunkBytes = 64 * 1024;
const largestPlainEntryBytes = 2 ** 32 - 1;
/**
 * The times that an entry of a zip can have, milliseconds: DOS dates begin in 1980, seconds since 1970 have 32 bits.
 */
const zipTimesMs = { first: Date.UTC(1980, 0, 2), last: 2 ** 32 * 1000 - 1 };

/** The content of a file that is in memory, in pieces that no event loop notices. */
export function inMemory(name: string, content: Uint8Array | string): ZipContent {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    name,
    sizeBytes: bytes.length,
    async *open() {
      for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
    },
  };
}

/**
 * A zip of the files, in their order and not compressed (weights hardly are compressible), and then `SHA256SUMS` over
 * all of them. Files are read while the zip is; when one fails the stream ends with its error. `time` stands as the
 * time of every file, or the nearest that a zip can say: the same files give the same bytes.
 */
export function zipStream(files: readonly ZipContent[], time: Date): Readable {
  const zip = new ZipFile();
  const mtime = new Date(Math.min(Math.max(time.getTime(), zipTimesMs.first), zipTimesMs.last));
  const sums: string[] = [];
  let current: Readable | undefined;
  const begin = (content: AsyncIterable<Uint8Array>) => {
    current = Readable.from(content, { objectMode: false });
    return current;
  };
  const add = ({ name, sizeBytes, open }: ZipContent) =>
    zip.addReadStreamLazy(
      name,
      {
        mtime,
        mode: 0o100644,
        compress: false,
        size: sizeBytes,
        forceZip64Format: sizeBytes > largestPlainEntryBytes,
      },
      (give) => give(null, begin(open())),
    );
  const summed = (file: ZipContent): ZipContent => ({
    ...file,
    async *open() {
      const hashed = hashing(file.open());
      yield* hashed;
      sums.push(`${hashed.digest()}  ${file.name}\n`);
    },
  });
  for (const file of files) add(summed(file));
  const sumsBytes = files.reduce((size, { name }) => size + sumsLineBytes(name), 0);
  add({ name: exportFiles.sums, sizeBytes: sumsBytes, open: () => inMemory('', sums.join('')).open() });
  zip.end();

  const stream = zip.outputStream as Readable;
  zip.on('error', (error: Error) => stream.destroy(error));
  stream.once('close', () => current?.destroy());
  return stream;
}

/** Length of the line of a file in `SHA256SUMS`: 64 digits, two blanks, the name, a line feed. */
const sumsLineBytes = (name: string): number => 64 + 2 + Buffer.byteLength(name) + 1;
