import { ProblemError } from '@mediclip/contracts';

const encryptedFlag = 0x1;
const stored = 0;
const deflate = 8;
const aes = 99;

/** Names of the methods by number: section 4.4.5 of the ZIP specification (APPNOTE.TXT 6.3.10). */
const names: Readonly<Record<number, string>> = {
  1: 'Shrink',
  2: 'Reduce 1',
  3: 'Reduce 2',
  4: 'Reduce 3',
  5: 'Reduce 4',
  6: 'Implode',
  9: 'Deflate64',
  10: 'PKWARE Implode',
  12: 'BZIP2',
  14: 'LZMA',
  16: 'IBM z/OS CMPSC',
  18: 'IBM TERSE',
  19: 'IBM LZ77',
  20: 'Zstandard (old number)',
  93: 'Zstandard',
  94: 'MP3',
  95: 'XZ',
  96: 'JPEG variant',
  97: 'WavPack',
  98: 'PPMd',
};

/**
 * Throws `archive-encrypted` or `archive-unsupported-method`, naming the method, of an entry that cannot be unpacked.
 */
export function checkMethod(
  { generalPurposeBitFlag, compressionMethod }: { generalPurposeBitFlag: number; compressionMethod: number },
  name: string,
): void {
  const entry = name.slice(0, 200);
  if ((generalPurposeBitFlag & encryptedFlag) !== 0 || compressionMethod === aes) {
    const method = compressionMethod === aes ? 'AES' : 'ZipCrypto';
    const detail = `The entry ${JSON.stringify(entry)} is encrypted (${method}).`;
    throw new ProblemError('archive-encrypted', detail, { entry });
  }
  if (compressionMethod === stored || compressionMethod === deflate) return;
  const method = names[compressionMethod] ?? `method ${compressionMethod}`;
  const detail = `The entry ${JSON.stringify(entry)} is compressed with ${method}; only Deflate and no compression are read.`;
  throw new ProblemError('archive-unsupported-method', detail, { entry });
}
