/**
 * A child process that decodes the file of its argument and prints
 * `{ pixels, fileBytes, idleBytes, peakBytes, seconds, error }`: the resident memory of the whole process with the file
 * in it and at its largest, and the code of the error if the file is refused.
 */
import { readFileSync } from 'node:fs';
import { ImageError } from '../image/image-error.js';
import { decodeImage } from '../index.js';
import { dicomFile } from './dicom-file.js';
import { hugePng } from './huge-png.js';

/** From /proc where there is one: `maxRSS` of a child begins with what its parent had when it was forked. */
function peak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

// Libraries are loaded before anything is measured.
await decodeImage(hugePng(16));
await decodeImage(dicomFile({ rows: 16, columns: 16, pixelData: new Uint8Array(256) }));
const file = process.argv[2];
if (!file) throw new RangeError('Give the path of an image file.');
const bytes = readFileSync(file);
const idleBytes = process.memoryUsage.rss();
const startedAt = performance.now();
let pixels = 0;
let error: string | undefined;
try {
  const { width, height } = await decodeImage(bytes, { maximumBytes: 2 ** 31, timeoutMs: 600_000 });
  pixels = width * height;
} catch (reason) {
  if (!(reason instanceof ImageError)) throw reason;
  error = reason.code;
}
const seconds = (performance.now() - startedAt) / 1000;
const outcome = { pixels, fileBytes: bytes.length, idleBytes, peakBytes: peak(), seconds, error };
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
