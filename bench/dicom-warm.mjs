/**
 * `node bench/dicom-warm.mjs FILE`: decodes a file again and again and prints `{ wall, processor }`, the seconds of the
 * last time; `dicom.mjs` runs it.
 */
import { readFileSync } from 'node:fs';
import { openImage } from '../packages/imaging/dist/decode/open-image.js';

/** V8 compiles what runs often, and the C library keeps large blocks that have come and gone. */
const timesToWarm = 15;
const [, , file] = process.argv;
if (!file) throw new RangeError('Give the path of an image file.');

const decode = async () => (await openImage(readFileSync(file))).read(0);
for (let time = 0; time < timesToWarm; time++) await decode();
const [begun, before] = [performance.now(), process.cpuUsage()];
await decode();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wall: (performance.now() - begun) / 1000, processor: (user + system) / 1e6 }));
