import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage, testImage, trainingImage } from '@mediclip/imaging/direct';

const examples = fileURLToPath(new URL('../examples/brain-mri', import.meta.url));

async function load(folder, count, prepare, side) {
  const files = readdirSync(path.join(examples, folder)).sort().slice(0, count);
  return Promise.all(
    files.map(async (file) => prepare(await decodeImage(readFileSync(path.join(examples, folder, file))), side)),
  );
}

/** The first 16 normal training images of the examples, grey. */
export const exampleShots = (side = 224) => load('train/normal', 16, trainingImage, side);

/** The first eight abnormal test images of the examples, RGB bytes. */
export const exampleTestImages = async (side = 224) =>
  (await load('test/abnormal', 8, testImage, side)).map(({ data }) => data);
