/**
 * `node bench/audit.mjs FOLDER…`: how many made copies of the pictures of a folder the audit finds, and what else it
 * calls copies. A third of the pictures, taken in turn, gets one copy of each kind.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findCopies } from '@mediclip/audit';
import { decodeImage, imageTraits } from '@mediclip/imaging/direct';
import sharp from 'sharp';
import { picturesOf } from './folder-pictures.mjs';

/** Every kind of copy: from the bytes of a file to those of its copy. */
const kinds = {
  equal: async (bytes) => bytes,
  'other format': (bytes) => sharp(bytes).png({ compressionLevel: 1 }).toBuffer(),
  'quality 60': (bytes) => flat(bytes).jpeg({ quality: 60 }).toBuffer(),
  mirrored: (bytes) => flat(bytes).flop().png().toBuffer(),
  'turned 3°': turned,
  'cropped 5 %': cropped,
  brightened: (bytes) => flat(bytes).linear(1.2, 10).png().toBuffer(),
};

const flat = (bytes) => sharp(bytes).flatten();

async function turned(bytes) {
  const { width, height } = await sharp(bytes).metadata();
  const { data, info } = await flat(bytes)
    .rotate(3, { background: 'black' })
    .png()
    .toBuffer({ resolveWithObject: true });
  const [left, top] = [Math.floor((info.width - width) / 2), Math.floor((info.height - height) / 2)];
  return sharp(data).extract({ left, top, width, height }).png().toBuffer();
}

/** 5 % of each side, all of it at one of its ends or half at each, in turn. */
async function cropped(bytes, turn) {
  const { width, height } = await sharp(bytes).metadata();
  const [w, h] = [Math.round(width * 0.95), Math.round(height * 0.95)];
  const left = Math.round(((width - w) * (turn % 3)) / 2);
  const top = Math.round(((height - h) * (Math.floor(turn / 3) % 3)) / 2);
  return sharp(bytes).extract({ left, top, width: w, height: h }).png().toBuffer();
}

async function pictureOf(bytes) {
  const decoded = await decodeImage(bytes);
  const { pixelDigest, thumbnail } = imageTraits(decoded, bytes);
  const fileDigest = createHash('sha256').update(bytes).digest('hex');
  return { fileDigest, pixelDigest, thumbnail, aspect: decoded.width / decoded.height };
}

const share = (part, whole) => (whole === 0 ? '-' : (part / whole).toFixed(3));

console.log(`| set | pictures | pairs without copies | precision | ${Object.keys(kinds).join(' | ')} | all | s |`);
console.log(
  `|---|---|---|---|${Object.keys(kinds)
    .map(() => '---|')
    .join('')}---|---|`,
);
for (const folder of process.argv.slice(2)) {
  const files = picturesOf(folder);
  const pictures = [];
  for (const file of files) pictures.push({ ...(await pictureOf(readFileSync(file))), source: pictures.length });
  const own = findCopies(pictures);
  for (const { first, second, kind, correlation } of own) {
    const names = [first, second].map((place) => path.relative(folder, files[place]));
    console.error(`${path.basename(folder)}: ${kind} ${correlation.toFixed(4)} ${names.join(' ')}`);
  }
  const known = new Set(own.map(({ first, second }) => `${first} ${second}`));
  for (const [turn, file] of files.entries()) {
    if (turn % 3 !== 0) continue;
    for (const [kind, make] of Object.entries(kinds)) {
      const picture = await pictureOf(await make(readFileSync(file), turn / 3));
      pictures.push({ ...picture, source: turn, kind });
    }
  }
  const begin = performance.now();
  const found = findCopies(pictures);
  const seconds = (performance.now() - begin) / 1000;
  const sourceKnown = ({ first, second }) => {
    const [a, b] = [first, second].map((place) => pictures[place].source).sort((x, y) => x - y);
    return a === b || known.has(`${a} ${b}`);
  };
  const right = found.filter(sourceKnown);
  for (const pair of found.filter((candidate) => !sourceKnown(candidate))) {
    const names = [pair.first, pair.second].map(
      (place) => `${path.basename(files[pictures[place].source])} ${pictures[place].kind ?? ''}`,
    );
    console.error(`${path.basename(folder)}: wrong ${pair.correlation.toFixed(4)} ${names.join(' and ')}`);
  }
  const caught = new Set(right.flatMap(({ first, second }) => [first, second]));
  const recall = (kind) => {
    const of = [...pictures.entries()].filter(([, picture]) => (kind ? picture.kind === kind : picture.kind));
    return share(of.filter(([place]) => caught.has(place)).length, of.length);
  };
  const recalls = Object.keys(kinds).map(recall);
  console.log(
    `| ${[path.basename(folder), files.length, own.length, share(right.length, found.length), ...recalls, recall(), seconds.toFixed(1)].join(' | ')} |`,
  );
}
