import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensorsFile } from '@mediclip/backbones';
import { clipResNet, clipText, clipVit, timmVitAndBert } from './weight-shapes.mjs';

/** Every backbone whose weights cannot come with the product, with its authors' sizes. */
const shapes = {
  'openai-vit-b-32': { ...clipVit(768, 12, 32, 224, 512), ...clipText(512, 12, 512) },
  'openai-vit-b-16': { ...clipVit(768, 12, 16, 224, 512), ...clipText(512, 12, 512) },
  'openai-vit-l-14': { ...clipVit(1024, 24, 14, 224, 768), ...clipText(768, 12, 768) },
  'openai-vit-l-14-336': { ...clipVit(1024, 24, 14, 336, 768), ...clipText(768, 12, 768) },
  'openai-rn50': { ...clipResNet([3, 4, 6, 3], 64, 1024), ...clipText(512, 12, 1024) },
  'openai-rn101': { ...clipResNet([3, 4, 23, 3], 64, 512), ...clipText(512, 12, 512) },
  'laion-vit-b-32': { ...clipVit(768, 12, 32, 224, 512), ...clipText(512, 12, 512) },
  'laion-vit-l-14': { ...clipVit(1024, 24, 14, 224, 768), ...clipText(768, 12, 768) },
  'laion-vit-h-14': { ...clipVit(1280, 32, 14, 224, 1024), ...clipText(1024, 24, 1024) },
  biomedclip: timmVitAndBert(768, 12, 16, 224, 512),
};
export const backboneIds = Object.keys(shapes);

const vocabulary = fileURLToPath(new URL('../packages/backbones/assets/vocab.txt', import.meta.url));
const one = 0x3c00;
const pieceLength = 2 ** 20;

/**
 * Random weights of a backbone in half precision under OpenCLIP's names, where a models folder keeps them. Norms have
 * scale and variance 1, mean and shift 0; everything else is uniform within 0.03. Returns their bytes.
 */
export async function writeRandomWeights(modelsFolder, id) {
  const folder = path.join(modelsFolder, id);
  mkdirSync(folder, { recursive: true });
  const noise = randomHalves(2 * pieceLength);
  const tensors = Object.entries(shapes[id]).map(([name, shape]) => ({
    name,
    dtype: 'F16',
    shape,
    pieces: () => pieces(name, size(shape), noise),
  }));
  await writeSafetensorsFile(path.join(folder, 'open_clip_model.safetensors'), tensors);
  if (id === 'biomedclip') copyFileSync(vocabulary, path.join(folder, 'vocab.txt'));
  return tensors.reduce((sum, { shape }) => sum + 2 * size(shape), 0);
}

const size = (shape) => shape.reduce((product, extent) => product * extent, 1);
const isNorm = /(?:\bln_[^.]+|\bnorm\d?|LayerNorm|\bbn\d|downsample\.1)\.([a-z_]+)$/;

function* pieces(name, count, noise) {
  const norm = isNorm.exec(name);
  if (norm) {
    const value = norm[1] === 'weight' || norm[1] === 'running_var' ? one : 0;
    yield new Uint8Array(new Uint16Array(count).fill(value).buffer);
    return;
  }
  for (let done = 0; done < count; done += pieceLength) {
    // A stretch of its own: runtimes keep equal matrices only once.
    const from = Math.floor(Math.random() * pieceLength);
    yield new Uint8Array(noise.buffer, 2 * from, 2 * Math.min(pieceLength, count - done));
  }
}

/** Half-precision numbers with random signs, uniform in size from 0.0005 to 0.03: multiples of 2^-11 are exact. */
function randomHalves(count) {
  const halves = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const multiple = 1 + Math.floor(Math.random() * 61);
    const exponent = Math.floor(Math.log2(multiple));
    const fraction = (multiple / 2 ** exponent - 1) * 1024;
    halves[i] = (Math.random() < 0.5 ? 0x8000 : 0) | ((exponent - 11 + 15) << 10) | fraction;
  }
  return halves;
}
