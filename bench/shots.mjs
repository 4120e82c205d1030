import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage, testImage, trainingImage } from '@mediclip/imaging';

const examples = fileURLToPath(new URL('../examples/brain-mri', import.meta.url));

async function load(folder, count, prepare) {
  const files = readdirSync(path.join(examples, folder)).sort().slice(0, count);
  return Promise.all(
    files.map(async (file) => prepare(await decodeImage(readFileSync(path.join(examples, folder, file))), 224)),
  );
}

/** The first 16 normal training images of the examples, grey. */
export const exampleShots = () => load('train/normal', 16, trainingImage);

/** The first eight abnormal test images of the examples, RGB bytes. */
export const exampleTestImages = async () => (await load('test/abnormal', 8, testImage)).map(({ data }) => data);
