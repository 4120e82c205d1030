/**
 * `npm run bench:kinship -- FOLDER… [--others FOLDER]`: how often images of other kinds and negatives are told from a
 * set's own test images, and how often one of them among normal images is. Every folder is a set, and of another kind
 * for the others; pictures of `--others` (photographs, say), noise and empty pictures are of another kind for all.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeKinds, findOutliers, kinshipOf, kinshipTensors, Towers } from '@mediclip/adaptation';
import { openOrtRuntime } from '@mediclip/engine/direct';
import { decodeImage, testImage } from '@mediclip/imaging/direct';
import { RandomStream } from '@mediclip/synthesis';
import { picturesOf } from './folder-pictures.mjs';

const { positionals: folders, values } = parseArgs({
  allowPositionals: true,
  options: { others: { type: 'string' }, draws: { type: 'string', default: '100' } },
});
const draws = Number(values.draws);
const side = 224;
const towers = new Towers(await openOrtRuntime({ device: 'cpu', threads: 2 }));
const tower = towers.open('lite', [4, 10, 15, 22, 30]);

async function kindsOf(images) {
  const kinds = [];
  for await (const kind of describeKinds(tower, images)) kinds.push(kind);
  return kinds;
}

const read = async (file) => testImage(await decodeImage(readFileSync(file)), side);
const filled = (value) => ({ width: side, height: side, data: new Uint8Array(side * side * 3).map(value) });
const negative = (image) => ({ ...image, data: image.data.map((value) => 255 - value) });

const sets = [];
for (const folder of folders) {
  const images = [];
  for (const file of picturesOf(folder)) {
    const [train, abnormal] = [/[/\\]train[/\\]/, /[/\\](abnormal|bad)[/\\]/].map((pattern) => pattern.test(file));
    images.push({ image: await read(file), train, abnormal });
  }
  const [own, inverted] = [
    await kindsOf(images.map(({ image }) => image)),
    await kindsOf(images.map(({ image }) => negative(image))),
  ];
  const places = (wanted) => images.flatMap((image, place) => (wanted(image) ? [place] : []));
  const pick = (kinds, wanted) => places(wanted).map((place) => kinds[place]);
  sets.push({
    name: path.basename(path.resolve(folder)),
    train: pick(own, ({ train }) => train),
    normal: pick(own, ({ train, abnormal }) => !train && !abnormal),
    abnormal: pick(own, ({ abnormal }) => abnormal),
    inverted: pick(inverted, ({ train }) => !train),
    invertedNormal: pick(inverted, ({ abnormal }) => !abnormal),
  });
}
const random = new RandomStream(0, 0, 0);
const photographs = [];
for (const file of values.others ? picturesOf(values.others) : []) photographs.push(await read(file));
const strangers = {
  photographs: await kindsOf(photographs),
  noise: await kindsOf(Array.from({ length: 20 }, () => filled(() => random.integer(0, 256)))),
  empty: await kindsOf([0, 60, 127, 200, 255].map((grey) => filled(() => grey))),
};

const alone = (count) => Array.from({ length: count }, (_, index) => new Set([index]));
const allOf = (set) => [...set.train, ...set.normal, ...set.abnormal];
const othersOf = (set) => sets.filter((other) => other !== set).flatMap(allOf);
const cell = (hits, of) => (of === 0 ? '-' : (hits / of).toFixed(3));

console.log('Foreign, by shots:');
console.log('| set | shots | own normal | own abnormal | own inverted | other sets | photographs | noise | empty |');
console.log('|---|---|---|---|---|---|---|---|---|');
for (const set of sets) {
  for (const shots of [4, 8, 16, 32]) {
    const groups = [set.normal, set.abnormal, set.inverted, othersOf(set), ...Object.values(strangers)];
    const found = groups.map(() => 0);
    const rounds = Math.min(10, draws);
    for (let draw = 0; draw < rounds; draw++) {
      const normals = new RandomStream(draw, 1, 0).shuffle([...set.train]).slice(0, shots);
      const tensors = kinshipTensors(normals, alone(normals.length));
      for (const [index, kinds] of groups.entries())
        for (const kind of kinds) if (kinshipOf(tensors, kind).foreign) found[index]++;
    }
    const shares = groups.map((kinds, index) => cell(found[index], rounds * kinds.length));
    console.log(`| ${set.name} | ${shots} | ${shares.join(' | ')} |`);
  }
}

console.log('\nAmong normal images:');
console.log(
  '| set | images | wrongly named | one of another set | one inverted | a photograph | noise | empty | mixed, none | mixed, a fourth | mixed, half |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
for (const set of sets) {
  for (const count of [8, 16, 32]) {
    const normals = [...set.train, ...set.normal];
    const draw = (seed, of, size) => new RandomStream(seed, 2, size).shuffle([...of]).slice(0, size);
    const look = (images) => findOutliers(images, alone(images.length));
    let [wrong, mixedAlone] = [0, 0];
    for (let seed = 0; seed < draws; seed++) {
      const found = look(draw(seed, normals, count));
      wrong += found.outliers.length;
      mixedAlone += found.isMixed;
    }
    const one = (kinds) => {
      if (kinds.length === 0) return '-';
      let named = 0;
      for (let seed = 0; seed < draws; seed++) {
        const images = [...draw(seed, normals, count - 1), draw(seed, kinds, 1)[0]];
        named += look(images).outliers.some(({ index }) => index === count - 1);
      }
      return cell(named, draws);
    };
    const mixed = (size) => {
      let told = 0;
      for (let seed = 0; seed < draws; seed++) {
        const others = sets.filter((other) => other !== set);
        const other = others[seed % others.length];
        if (other) told += look([...draw(seed, normals, count - size), ...draw(seed, allOf(other), size)]).isMixed;
      }
      return cell(told, draws);
    };
    const kinds = [othersOf(set), set.invertedNormal, ...Object.values(strangers)].map(one);
    const mixtures = [mixed(count / 4), mixed(count / 2)];
    console.log(
      `| ${set.name} | ${count} | ${cell(wrong, draws * count)} | ${kinds.join(' | ')} | ${cell(mixedAlone, draws)} | ${mixtures.join(' | ')} |`,
    );
  }
}
await towers.release();
