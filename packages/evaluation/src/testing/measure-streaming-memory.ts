/**
 * Child process of `streaming-memory.test.ts`: evaluates as many synthetic maps as its argument says and prints
 * `{ halfwayBytes, peakBytes, resolution }`: the largest resident memory that the whole process had after half of the maps and at the
 * end, and how exact the figures are.
 */
import { readFileSync } from 'node:fs';
import { PixelMetricsAccumulator } from '../index.js';

const SIDE = 224;
const LESION_SIDE = 40;
const maps = Number(process.argv[2]);

/** From /proc where there is one: `maxRSS` of a child begins with what its parent had when it was forked. */
function peak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

const accumulator = new PixelMetricsAccumulator({ resamples: 20 });
const map = new Float32Array(SIDE * SIDE);
const mask = new Uint8Array(SIDE * SIDE);
let state = 1;
let halfwayBytes = 0;
for (let image = 0; image < maps; image++) {
  const corner = image % (SIDE - LESION_SIDE);
  for (let pixel = 0; pixel < map.length; pixel++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [row, column] = [Math.floor(pixel / SIDE), pixel % SIDE];
    const inside = Math.min(row, column) >= corner && Math.max(row, column) < corner + LESION_SIDE;
    mask[pixel] = image % 2 === 1 && inside ? 1 : 0;
    map[pixel] = (state / 2 ** 32) ** (mask[pixel] ? 0.5 : 2);
  }
  accumulator.add(map, mask, SIDE, SIDE);
  if (image === Math.floor(maps / 2)) halfwayBytes = peak();
}
const { resolution } = accumulator.result();
process.stdout.write(JSON.stringify({ halfwayBytes, peakBytes: peak(), resolution }));
