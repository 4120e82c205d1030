/**
 * A child process that decodes the file of its argument as an upload does, to what is stored of it, and prints
 * `{ pixels, fileBytes, idleBytes, peakBytes, seconds, error }`: the resident memory of the whole process with the file
 * in it and at its largest, and the code of the error if the file is refused.
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
  const frame = await frameOf(await (await openImage(image, limits)).read(0), { stored: { folder: tmpdir() } }, image);
  if (frame.stored) rmSync(frame.stored.path);
  return frame;
}

// Libraries are loaded before anything is measured.
await stored(hugePng(16));
await stored(dicomFile({ rows: 16, columns: 16, bitsAllocated: 16, pixelData: new Uint8Array(512) }));
const file = process.argv[2];
if (!file) throw new RangeError('Give the path of an image file.');
const bytes = readFileSync(file);
const idleBytes = process.memoryUsage.rss();
const startedAt = performance.now();
let pixels = 0;
let error: string | undefined;
try {
  const { width, height } = (await stored(bytes)).description;
  pixels = width * height;
} catch (reason) {
  if (!(reason instanceof ImageError)) throw reason;
  error = reason.code;
}
const seconds = (performance.now() - startedAt) / 1000;
const outcome = { pixels, fileBytes: bytes.length, idleBytes, peakBytes: peak(), seconds, error };
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
