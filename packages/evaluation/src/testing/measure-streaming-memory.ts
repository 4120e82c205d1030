/**
 * Child process of `streaming-memory.test.ts`: evaluates as many synthetic maps as its argument says and prints
 * `{ halfwayBytes, peakBytes, resolution }`: the largest resident memory that the whole process had after half of the
 * maps and at the end, and how exact the figures are.
 */
import { readFileSync } from 'node:fs';
import { PixelMetricsAccumulator } from '../index.js';

const side = 224;
const lesionSide = 40;
const maps = Number(process.argv[2]);

/** From /proc where there is one: `maxRSS` of a child begins with what its parent had when it was forked. */
function peak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

const accumulator = new PixelMetricsAccumulator({ resamples: 20 });
const map = new Float32Array(side * side);
let state = 1;
let halfwayBytes = 0;

/** The mask of a square lesion whose place depends on the image; every other image has none. */
function maskOf(image: number): Uint8Array {
  const mask = new Uint8Array(side * side);
  const corner = image % (side - lesionSide);
  for (let row = corner; image % 2 === 1 && row < corner + lesionSide; row++) {
    mask.fill(1, row * side + corner, row * side + corner + lesionSide);
  }
  return mask;
}

for (let image = 0; image < maps; image++) {
  const mask = maskOf(image);
  for (let pixel = 0; pixel < map.length; pixel++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const score = state / 2 ** 32;
    map[pixel] = mask[pixel] ? Math.sqrt(score) : score * score;
  }
  accumulator.add(map, mask, side, side);
  if (image === Math.floor(maps / 2)) halfwayBytes = peak();
}
const { resolution } = accumulator.result();
process.stdout.write(JSON.stringify({ halfwayBytes, peakBytes: peak(), resolution }));
