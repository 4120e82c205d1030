import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { goldenPath, temporaryFolder } from '@mediclip/testing';
import { listBackbones, openBackbone } from '../../catalogue/catalogue.js';
import { type ClipSizes, huggingFaceShapes, openClipShapes, vitB32, writeZeros } from '../../testing/clip-shapes.js';
import { goldenClipPaths } from '../../testing/golden-clip.js';
import { importWeights } from './import-weights.js';

const layouts = { openClip: openClipShapes, huggingFace: huggingFaceShapes };

function weights(sizes: ClipSizes = vitB32, layout: keyof typeof layouts = 'openClip'): string {
  const file = join(temporaryFolder(), 'weights.safetensors');
  writeZeros(file, layouts[layout](sizes));
  return file;
}

/** The message of a refused import, which leaves the models folder empty. */
async function refusal(file: string, id?: string): Promise<string> {
  const modelsFolder = temporaryFolder();
  const message = await importWeights(file, { modelsFolder, id }).then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: Error) => error.message,
  );
  expect(readdirSync(modelsFolder)).toEqual([]);
  return message;
}

describe.each(['openClip', 'huggingFace'] as const)('a ViT-B/32 in the %s layout', (layout) => {
  test('becomes the backbone that it is said to be, without a copy of its bytes', async () => {
    const modelsFolder = join(temporaryFolder(), 'models');
    const file = weights(vitB32, layout);
    const placed = await importWeights(file, { modelsFolder, id: 'openai-vit-b-32' });
    expect(placed).toMatchObject({ id: 'openai-vit-b-32', folder: join(modelsFolder, 'openai-vit-b-32') });
    expect(openBackbone('openai-vit-b-32', { modelsFolder }).digest).toBe(placed.digest);
    expect(listBackbones({ modelsFolder })[1]).toMatchObject({ weightsPresent: true, digest: placed.digest });
    expect(statSync(join(placed.folder, 'open_clip_model.safetensors')).ino).toBe(statSync(file).ino);
    expect(readdirSync(modelsFolder)).toEqual(['openai-vit-b-32']);
    expect(readdirSync(placed.folder)).toEqual(['SHA256SUMS', 'open_clip_model.safetensors']);
  });
});

describe('the backbone is told by the shapes', () => {
  test('and by a configuration beside the file where two backbones have the same', async () => {
    expect(await refusal(weights())).toMatch(
      /has the shapes of openai-vit-b-32 and laion-vit-b-32, which were trained in different ways; say which one it is/,
    );
    for (const [name, content, id] of [
      ['open_clip_config.json', { model_cfg: { quick_gelu: true } }, 'openai-vit-b-32'],
      ['open_clip_config.json', { model_cfg: {} }, 'laion-vit-b-32'],
      ['config.json', { vision_config: { hidden_act: 'gelu' } }, 'laion-vit-b-32'],
    ] as const) {
      const file = weights();
      writeFileSync(join(file, '..', name), JSON.stringify(content));
      expect(await importWeights(file, { modelsFolder: temporaryFolder() })).toMatchObject({ id });
    }
  });

  test('a ViT-B/16 is the only one of its kind', async () => {
    const file = weights({ ...vitB32, patch: 16, grid: 14 });
    expect(await importWeights(file, { modelsFolder: temporaryFolder() })).toMatchObject({ id: 'openai-vit-b-16' });
  });
});

describe('other forms of weights', () => {
  const tiny = { width: 64, layers: 2, patch: 32, grid: 7, textWidth: 64, textLayers: 2, embedding: 32 };

  test('a symbolic link, as in the cache of a hub, is followed', async () => {
    const modelsFolder = temporaryFolder();
    const file = weights();
    const link = join(temporaryFolder(), 'model.safetensors');
    symlinkSync(relative(join(link, '..'), file), link);
    const { folder } = await importWeights(link, { modelsFolder, id: 'openai-vit-b-32' });
    expect(lstatSync(join(folder, 'open_clip_model.safetensors')).ino).toBe(statSync(file).ino);
  });

  test('shards are joined', async () => {
    const folder = temporaryFolder();
    const shapes = openClipShapes(tiny);
    const shards = ['a.safetensors', 'b.safetensors'];
    const parts = shards.map((_, part) => shapes.filter((_, index) => index % 2 === part));
    for (const [part, shard] of shards.entries()) writeZeros(join(folder, shard), parts[part]!);
    const weightMap = shapes.map(([name], index) => [name, shards[index % 2]]);
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map: Object.fromEntries(weightMap) }));
    expect(await refusal(index)).toMatch(
      /index\.json are no backbone; the nearest is \S+: the text width is 64, not 512, /,
    );
  });

  test('a PyTorch checkpoint is read without running it', async () => {
    expect(await refusal(goldenPath('checkpoints/state-dict.pt'))).toMatch(
      /state-dict\.pt holds neither OpenCLIP's nor Hugging Face's names of CLIP weights; bring a file in/,
    );
    expect(await refusal(goldenPath('checkpoints/legacy.pt'))).toMatch(/legacy\.pt/);
  });
});

describe('refused with what differs', () => {
  test('weights of no backbone', async () => {
    const file = weights({ ...vitB32, textWidth: 64, embedding: 128 });
    expect(await refusal(file)).toBe(
      `The weights in ${file} are no backbone; the nearest is openai-vit-b-32: the text width is 64, not 512, the embedding width is 128, not 512; check that it is the right file.`,
    );
  });

  test('weights of another backbone than they are said to be', async () => {
    const file = weights({ ...vitB32, patch: 16, grid: 14 });
    expect(await refusal(file, 'openai-vit-b-32')).toBe(
      `The weights in ${file} are not those of openai-vit-b-32: the grid of the taps is 14/14/14, not 7/7/7; check that it is the right file.`,
    );
  });

  test('weights that were trained with another activation', async () => {
    const file = weights();
    writeFileSync(join(file, '..', 'config.json'), '{"vision_config": {"hidden_act": "quick_gelu"}}');
    expect(await refusal(file, 'laion-vit-b-32')).toMatch(/: the activation is quickgelu, not gelu; check/);
  });

  test('weights with a tensor missing, or under other names', async () => {
    const folder = temporaryFolder();
    const lacking = join(folder, 'lacking.safetensors');
    writeZeros(
      lacking,
      openClipShapes(vitB32).filter(([name]) => name !== 'visual.transformer.resblocks.3.ln_1.bias'),
    );
    expect(await refusal(lacking, 'laion-vit-b-32')).toBe(
      `${lacking} has no tensor "visual.transformer.resblocks.3.ln_1.bias"; check that the file belongs to this backbone.`,
    );
    const strange = join(folder, 'strange.safetensors');
    writeZeros(strange, [['model.weight', [3, 4]]]);
    expect(await refusal(strange)).toMatch(
      /^\S+strange\.safetensors holds neither OpenCLIP's nor Hugging Face's names of CLIP weights; bring a file in/,
    );
  });

  test('files that are no weights', async () => {
    const file = join(temporaryFolder(), 'cat.safetensors');
    expect(await refusal(file)).toBe(`There is no file ${file}; name the file of weights to import.`);
    writeFileSync(file, 'meow meow meow');
    expect(await refusal(file)).toMatch(/^\S+cat\.safetensors: The file claims a header of \d+ bytes, so it is not/);
    writeFileSync(file, readFileSync(goldenClipPaths().openClip).subarray(0, 5000));
    expect(await refusal(file)).toMatch(/^\S+cat\.safetensors: The file ends inside its safetensors header; fetch it/);
  });

  test('an unknown id, the bundled backbone, a vocabulary that is missing', async () => {
    expect(await refusal(weights(), 'vgg')).toMatch(/^There is no backbone "vgg"; choose one of lite, /);
    expect(await refusal(weights(), 'lite')).toMatch(/^The weights of "lite" come with the product; /);
    const file = weights();
    expect(await refusal(file, 'biomedclip')).toBe(`biomedclip needs vocab.txt too; put it beside ${file}.`);
  });
});

test('weights that are there are not replaced', async () => {
  const modelsFolder = temporaryFolder();
  const options = { modelsFolder, id: 'laion-vit-b-32' };
  const { folder, digest } = await importWeights(weights(), options);
  await expect(importWeights(weights(vitB32, 'huggingFace'), options)).rejects.toThrow(
    `The weights of "laion-vit-b-32" are in ${folder} already; remove it to bring others.`,
  );
  expect(openBackbone('laion-vit-b-32', { modelsFolder }).digest).toBe(digest);
  expect(existsSync(join(folder, 'SHA256SUMS'))).toBe(true);
});
