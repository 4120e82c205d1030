/**
 * `node bench/audit-size.mjs [IMAGES]`: time and memory of `mediclip audit`, all processes together, on so many images
 * (20,000 by default) and on a quarter of them. The images are bundled ones, turned, cropped and lit at random, so that
 * they are alike and few of them are copies: the worst for the search.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RandomStream } from '@mediclip/synthesis';
import sharp from 'sharp';
import { checkoutHere, mediclipOf } from './command.mjs';
import { picturesOf } from './folder-pictures.mjs';
import { runMeasured } from './process-tree.mjs';

const examples = path.join(checkoutHere, 'examples', 'brain-mri');
const side = 240;
/** Where images go in turn: half of them for training, of the others as many abnormal as normal. */
const parts = ['train/normal', 'train/normal', 'test/normal', 'test/abnormal'];

/** A new picture of one of the bundled ones. */
async function variant(source, seed) {
  const random = new RandomStream(seed, 0, 0);
  const turned = await sharp(source)
    .flatten()
    .rotate(random.uniform(-180, 180), { background: 'black' })
    .resize(side, side, { fit: 'fill' })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const size = Math.round(side * random.uniform(0.5, 0.95));
  const [left, top] = [random.integer(0, side - size), random.integer(0, side - size)];
  return sharp(turned)
    .extract({ left, top, width: size, height: size })
    .resize(side, side)
    .linear(random.uniform(0.7, 1.3), random.uniform(-20, 20))
    .jpeg({ quality: 90 });
}

async function makeImages(folder, count) {
  const sources = picturesOf(examples);
  for (const part of parts) mkdirSync(path.join(folder, part), { recursive: true });
  for (let index = 0; index < count; index++) {
    const file = path.join(folder, parts[index % parts.length], `${String(index).padStart(6, '0')}.jpg`);
    await (await variant(sources[index % sources.length], index)).toFile(file);
  }
}

/** The same folder with the first of `count` images only. */
function firstOf(folder, count, smaller) {
  for (const part of new Set(parts)) {
    mkdirSync(path.join(smaller, part), { recursive: true });
    for (const name of readdirSync(path.join(folder, part))) {
      if (Number.parseInt(name, 10) < count) cpSync(path.join(folder, part, name), path.join(smaller, part, name));
    }
  }
}

const count = Number(process.argv[2] ?? 20_000);
const work = mkdtempSync(path.join(tmpdir(), 'mediclip-audit-'));
try {
  const [whole, quarter] = ['whole', 'quarter'].map((name) => path.join(work, name));
  await makeImages(whole, count);
  firstOf(whole, count / 4, quarter);
  console.log('| images | copies | seconds | processor seconds | processor ms an image | peak MiB |');
  console.log('|---|---|---|---|---|---|');
  for (const folder of [quarter, whole]) {
    const { stdout, seconds, processorSeconds, peakBytes } = await runMeasured(process.execPath, [
      ...mediclipOf(checkoutHere),
      'audit',
      folder,
      '--json',
    ]);
    const { images, copies } = JSON.parse(stdout.trimEnd().split('\n').at(-1));
    const cells = [
      images,
      copies.images,
      seconds.toFixed(0),
      processorSeconds.toFixed(0),
      ((1000 * processorSeconds) / images).toFixed(1),
      (peakBytes / 2 ** 20).toFixed(0),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
