import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { largeFiles } from '../testing/large-files.js';

const child = fileURLToPath(new URL('../../dist/testing/measure-decoding.js', import.meta.url));
const folder = temporaryFolder();
/** What the code and the heap of the process may grow by. */
const slackBytes = 24 * 1024 * 1024;

test.each([
  ['DICOM, 12 bits', 4000],
  ['DICOM, RLE, 12 bits', 4000],
  ['DICOM, JPEG 2000, 12 bits', 2000],
  ['PNG, grey and alpha of 16 bits', 8000],
])(
  '%s: %d pixels each way take at most 12 bytes each',
  async (kind, side) => {
    const file = path.join(folder, 'large');
    writeFileSync(file, await largeFiles[kind]!(side));
    const { stdout } = await promisify(execFile)(process.execPath, [child, file]);
    const { pixels, idleBytes, peakBytes } = JSON.parse(stdout);
    expect(pixels).toBe(side * side);
    expect(peakBytes - idleBytes).toBeLessThan(12 * pixels + slackBytes);
  },
  120_000,
);
