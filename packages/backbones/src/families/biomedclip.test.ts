import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { expectClose, temporaryFolder } from '@mediclip/testing';
import { attend, gelu, layerNorm, linear, type Matrix, plus } from '../testing/plain-transformer.js';
import { runImageTower, runTextTower } from '../testing/run-backbone.js';
import type { NamedTensor } from '../weights/safetensors/tensor.js';
import { writeSafetensors } from '../weights/safetensors/write.js';
import { openBiomedClip } from './biomedclip.js';

/**
 * A model of the same structure: image 32, patch 16, 2 blocks of width 8 and 2 heads in each tower, 12 positions for
 * text.
 */
const [width, heads, patch, positions, hidden, embedding] = [8, 2, 16, 12, 7, 6];
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '.', 'clear', 'lung', '##s'];
const text = 'text.transformer';
const tensors = new Map<string, NamedTensor>();

let state = 1;
function random(): number {
  state = (state * 48271) % 2147483647;
  return state / 2147483647 - 0.5;
}

function put(name: string, ...shape: number[]): void {
  const data = Float32Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, random);
  tensors.set(name, { dtype: 'F32', shape, data });
}

function putLinear(name: string, out: number, inner: number): void {
  put(`${name}.weight`, out, inner);
  put(`${name}.bias`, out);
}

put('visual.trunk.cls_token', 1, 1, width);
put('visual.trunk.pos_embed', 1, 5, width);
put('visual.trunk.patch_embed.proj.weight', width, 3, patch, patch);
put('visual.trunk.patch_embed.proj.bias', width);
put(`${text}.embeddings.word_embeddings.weight`, vocabulary.length, width);
put(`${text}.embeddings.position_embeddings.weight`, positions, width);
put(`${text}.embeddings.token_type_embeddings.weight`, 2, width);
for (const part of ['weight', 'bias']) put(`${text}.embeddings.LayerNorm.${part}`, width);
put('text.proj.0.weight', hidden, width);
put('text.proj.2.weight', embedding, hidden);
for (const index of [0, 1]) {
  const block = `visual.trunk.blocks.${index}`;
  for (const norm of ['norm1', 'norm2']) for (const part of ['weight', 'bias']) put(`${block}.${norm}.${part}`, width);
  putLinear(`${block}.attn.qkv`, 3 * width, width);
  putLinear(`${block}.attn.proj`, width, width);
  putLinear(`${block}.mlp.fc1`, 4 * width, width);
  putLinear(`${block}.mlp.fc2`, width, 4 * width);
  const layer = `${text}.encoder.layer.${index}`;
  for (const part of ['query', 'key', 'value']) putLinear(`${layer}.attention.self.${part}`, width, width);
  putLinear(`${layer}.attention.output.dense`, width, width);
  putLinear(`${layer}.intermediate.dense`, 4 * width, width);
  putLinear(`${layer}.output.dense`, width, 4 * width);
  for (const name of ['attention.output', 'output']) {
    for (const part of ['weight', 'bias']) put(`${layer}.${name}.LayerNorm.${part}`, width);
  }
}

const folder = temporaryFolder();
writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors));
writeFileSync(join(folder, 'vocab.txt'), `${vocabulary.join('\n')}\n`);
const files = ['model.safetensors', 'vocab.txt'];
const backbone = openBiomedClip(folder, { files, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }, heads);

/** A weight as rows of its last axis. */
function rows(name: string): Matrix {
  const { shape, data } = tensors.get(name)!;
  const columns = shape.at(-1)!;
  return Array.from({ length: data.length / columns }, (_, row) =>
    Array.from((data as Float32Array).subarray(row * columns, (row + 1) * columns)),
  );
}

const vector = (name: string): readonly number[] => rows(name)[0]!;
const dense = (x: Matrix, name: string) => linear(x, rows(`${name}.weight`), vector(`${name}.bias`));
const norm = (x: Matrix, name: string, epsilon: number) =>
  layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), epsilon);

test('reads widths and side from the file', () => {
  expect(backbone).toMatchObject({ side: 32, textWidth: width, embeddingWidth: embedding, defaultTaps: [1, 2] });
});

test('the image tower is a transformer without a norm in front of its blocks', async () => {
  const pixels = Float32Array.from({ length: 3 * 32 * 32 }, random);
  const taps = await runImageTower(backbone, { shape: [1, 3, 32, 32], data: pixels }, [1, 2]);

  const kernels = Array.from({ length: width }, (_, channel) =>
    rows('visual.trunk.patch_embed.proj.weight')
      .slice(channel * 3 * patch, (channel + 1) * 3 * patch)
      .flat(),
  );
  const patches = [0, 1, 2, 3].map((cell) => {
    const [top, left] = [Math.floor(cell / 2) * patch, (cell % 2) * patch];
    const at = (i: number) => [Math.floor(i / patch ** 2), Math.floor(i / patch) % patch, i % patch] as const;
    return Array.from({ length: 3 * patch ** 2 }, (_, i) => {
      const [channel, row, column] = at(i);
      return pixels[(channel * 32 + top + row) * 32 + left + column]!;
    });
  });
  const embedded = linear(patches, kernels, vector('visual.trunk.patch_embed.proj.bias'));
  let stream = plus([vector('visual.trunk.cls_token'), ...embedded], rows('visual.trunk.pos_embed'));
  for (const [index, tap] of taps.entries()) {
    const block = `visual.trunk.blocks.${index}`;
    const joint = dense(norm(stream, `${block}.norm1`, 1e-6), `${block}.attn.qkv`);
    const [query, key, value] = [0, 1, 2].map((part) =>
      joint.map((row) => row.slice(part * width, (part + 1) * width)),
    );
    stream = plus(stream, dense(attend(query!, key!, value!, heads), `${block}.attn.proj`));
    const expanded = gelu(dense(norm(stream, `${block}.norm2`, 1e-6), `${block}.mlp.fc1`));
    stream = plus(stream, dense(expanded, `${block}.mlp.fc2`));
    const map = Array.from({ length: width }, (_, channel) => stream.slice(1).map((row) => row[channel]!)).flat();
    expect(tap.shape).toEqual([1, width, 2, 2]);
    expectClose(tap.data, map, 1e-5);
  }
});

describe('the text tower', () => {
  const context = Float32Array.from({ length: 2 * 3 * width }, random);

  test("projects BERT's class token; what pads a shorter prompt is not seen", async () => {
    const options = { contextTokens: 3, position: 'end', attention: 'full' } as const;
    const features = await runTextTower(backbone, ['clear', 'clear lungs'], context, options);
    const expected = [
      ['clear', '.'],
      ['clear', 'lung', '##s', '.'],
    ].map((tokens, phrase) => reference(tokens, phrase));
    expectClose(features, expected.flat(), 1e-5);
  });

  /** The embedding of `[CLS] context tokens [SEP]`. */
  function reference(tokens: readonly string[], phrase: number): number[] {
    const words = rows(`${text}.embeddings.word_embeddings.weight`);
    const word = (token: string) => words[vocabulary.indexOf(token)]!;
    const vectors = [0, 1, 2].map((i) => {
      const start = (phrase * 3 + i) * width;
      return Array.from(context.subarray(start, start + width));
    });
    const sequence = [word('[CLS]'), ...vectors, ...tokens.map(word), word('[SEP]')];
    const placed = plus(sequence, rows(`${text}.embeddings.position_embeddings.weight`));
    const segment = vector(`${text}.embeddings.token_type_embeddings.weight`);
    let stream = norm(
      placed.map((row) => row.map((value, j) => value + segment[j]!)),
      `${text}.embeddings.LayerNorm`,
      1e-12,
    );
    for (const index of [0, 1]) {
      const layer = `${text}.encoder.layer.${index}`;
      const [query, key, value] = ['query', 'key', 'value'].map((part) =>
        dense(stream, `${layer}.attention.self.${part}`),
      );
      const attended = dense(attend(query!, key!, value!, heads), `${layer}.attention.output.dense`);
      stream = norm(plus(stream, attended), `${layer}.attention.output.LayerNorm`, 1e-12);
      const contracted = dense(gelu(dense(stream, `${layer}.intermediate.dense`)), `${layer}.output.dense`);
      stream = norm(plus(stream, contracted), `${layer}.output.LayerNorm`, 1e-12);
    }
    const inner = gelu(linear([stream[0]!], rows('text.proj.0.weight'), []));
    return linear(inner, rows('text.proj.2.weight'), [])[0]!;
  }
});

test('a vocabulary without special tokens is refused', () => {
  const other = temporaryFolder();
  writeFileSync(join(other, 'model.safetensors'), writeSafetensors(tensors));
  writeFileSync(join(other, 'vocab.txt'), 'clear\nlung\n');
  expect(() => openBiomedClip(other, { files, mean: [0, 0, 0], std: [1, 1, 1] }, heads)).toThrow(
    /lacks \[PAD\]; bring the vocab\.txt of the text tower/,
  );
});
