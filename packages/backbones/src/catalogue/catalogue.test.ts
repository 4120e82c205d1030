import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { goldenClipPaths } from '../testing/golden-clip.js';
import { fileDigest, recordDigests } from '../weights/digests.js';
import { WeightsError } from '../weights-error.js';
import { listBackbones, openBackbone } from './catalogue.js';

describe('the list', () => {
  test('has the bundled backbone first, with its weights and digest', () => {
    const [lite, ...others] = listBackbones();
    expect(lite).toMatchObject({
      id: 'lite',
      weightsPresent: true,
      contrastive: false,
      digest: openBackbone('lite').digest,
    });
    expect(others.map(({ weightsPresent }) => weightsPresent)).not.toContain(true);
  });

  test('describes the bundled backbone as it is', () => {
    const [listed] = listBackbones();
    const opened = openBackbone('lite');
    const { id, family, textFamily, licence, side, mean, std, embeddingWidth, textWidth, taps, tapWidths } = listed!;
    expect(opened).toMatchObject({ id, family, textFamily, licence, side, mean, std, embeddingWidth, textWidth });
    expect(opened.defaultTaps).toEqual(taps);
    expect(taps.map((tap) => opened.tapShape(tap).channels)).toEqual(tapWidths);
  });

  test('names every backbone once, each with a width per tap', () => {
    const listed = listBackbones();
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    for (const { taps, tapWidths } of listed) expect(tapWidths.length).toBe(taps.length);
  });

  test('sees weights that lie in the folder of their id', () => {
    const modelsFolder = temporaryFolder();
    putWeights(modelsFolder, 'openai-vit-b-32', 'not read');
    const listed = listBackbones({ modelsFolder }).filter(({ weightsPresent }) => weightsPresent);
    expect(listed).toMatchObject([{ id: 'lite' }, { id: 'openai-vit-b-32', digest: null }]);
  });

  test('gives the digest that the folder lists', async () => {
    const modelsFolder = temporaryFolder();
    const digest = fileDigest(putWeights(modelsFolder, 'openai-vit-b-32', 'not read'));
    await recordDigests(join(modelsFolder, 'openai-vit-b-32'), ['open_clip_model.safetensors']);
    expect(listBackbones({ modelsFolder }).find(({ id }) => id === 'openai-vit-b-32')?.digest).toBe(digest);
  });
});

describe('opening', () => {
  test('an unknown id names the known ones', () => {
    expect(() => openBackbone('vgg')).toThrow(
      /^There is no backbone "vgg"; choose one of lite, openai-vit-b-32, .*, biomedclip\.$/,
    );
  });

  test('a backbone whose weights are missing says where they belong', () => {
    const modelsFolder = temporaryFolder();
    expect(() => openBackbone('openai-rn50')).toThrow(/No models folder is set/);
    expect(() => openBackbone('openai-rn50', { modelsFolder })).toThrow(
      `put open_clip_model.safetensors into ${join(modelsFolder, 'openai-rn50')}`,
    );
  });

  test("another model's weights are refused", () => {
    const modelsFolder = temporaryFolder();
    putWeights(modelsFolder, 'openai-vit-b-32', readFileSync(goldenClipPaths().openClip));
    expect(codeOf(() => openBackbone('openai-vit-b-32', { modelsFolder }))).toBe('bad-configuration');
  });

  test('weights that were changed after their digests were recorded are refused', async () => {
    const modelsFolder = temporaryFolder();
    putWeights(modelsFolder, 'openai-vit-b-32', readFileSync(goldenClipPaths().openClip));
    await recordDigests(join(modelsFolder, 'openai-vit-b-32'), ['open_clip_model.safetensors']);
    appendFileSync(join(modelsFolder, 'openai-vit-b-32', 'open_clip_model.safetensors'), 'x');
    expect(codeOf(() => openBackbone('openai-vit-b-32', { modelsFolder }))).toBe('digest-mismatch');
  });
});

function putWeights(modelsFolder: string, id: string, content: string | Uint8Array): string {
  mkdirSync(join(modelsFolder, id));
  const path = join(modelsFolder, id, 'open_clip_model.safetensors');
  writeFileSync(path, content);
  return path;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WeightsError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}
