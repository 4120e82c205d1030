import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { openZipFile } from './open-zip.js';

/** The end of a ZIP64 file that says where the record of its directory lies. */
function endOfZip64(recordOffset: bigint): Buffer {
  const end = Buffer.alloc(42);
  end.writeUInt32LE(0x07064b50, 0);
  end.writeBigUInt64LE(recordOffset, 8);
  end.writeUInt32LE(1, 16);
  end.writeUInt32LE(0x06054b50, 20);
  return end;
}

test.each([0n, 41n, 10n ** 6n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
  'a zip whose directory is said to lie at %d rejects',
  async (recordOffset) => {
    const file = path.join(temporaryFolder(), 'file.zip');
    writeFileSync(file, endOfZip64(recordOffset));
    await expect(openZipFile(file)).rejects.toThrow(/beyond its end|invalid zip64|unexpected EOF/);
  },
);
