/**
 * A child process that decodes all frames of the file of its argument as an upload does, each to what is stored of it,
 * and prints `{ pixels, frames, fileBytes, idleBytes, peakBytes, seconds, error }`: the resident memory of the whole
 * process with the file in it and at its largest, and the code of the error if the file is refused.
 */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openImage } from '../decode/open-image.js';
import { ImageError } from '../image/image-error.js';
import { frameOf } from '../pool/frame-products.js';
import { dicomFile } from './dicom-file.js';
import { hugePng } from './huge-png.js';

/** From /proc where there is one: `maxRSS` of a child begins with what its parent had when it was forked. */
function peak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

async function stored(image: Uint8Array) {
  const limits = { maximumBytes: 2 ** 31, timeoutMs: 600_000 };
  const file = await openImage(image, limits);
  const sum = { pixels: 0, frames: file.decodable };
  for (let index = 0; index < file.decodable; index++) {
    const { description, stored: kept } = await frameOf(
      await file.read(index),
      { stored: { folder: tmpdir() } },
      image,
    );
    if (kept) rmSync(kept.path);
    sum.pixels += description.width * description.height;
  }
  return sum;
}

// Libraries are loaded before anything is measured.
await stored(hugePng(16));
await stored(dicomFile({ rows: 16, columns: 16, bitsAllocated: 16, pixelData: new Uint8Array(512) }));
const file = process.argv[2];
if (!file) throw new RangeError('Give the path of an image file.');
const bytes = readFileSync(file);
const idleBytes = process.memoryUsage.rss();
const startedAt = performance.now();
let sum = { pixels: 0, frames: 0 };
let error: string | undefined;
try {
  sum = await stored(bytes);
} catch (reason) {
  if (!(reason instanceof ImageError)) throw reason;
  error = reason.code;
}
const seconds = (performance.now() - startedAt) / 1000;
const outcome = { ...sum, fileBytes: bytes.length, idleBytes, peakBytes: peak(), seconds, error };
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
