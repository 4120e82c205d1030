import { expect, test } from '@jest/globals';
import { expectClose, runModel } from '@mediclip/testing';
import * as op from './index.js';

const [batch, rows, tokens, width, heads] = [2, 3, 5, 8, 2];
const inputs = [
  op.input('q', 'float32', [batch, rows, width]),
  op.input('k', 'float32', [batch, tokens, width]),
  op.input('v', 'float32', [batch, tokens, width]),
] as const;
const feeds = Object.fromEntries(
  inputs.map(({ shape }, i) => [
    ['q', 'k', 'v'][i]!,
    {
      dtype: 'float32' as const,
      shape,
      data: Float32Array.from({ length: op.sizeOf(shape) }, (_, n) => Math.sin(n * (i + 2))),
    },
  ]),
);

function attention([q, k, v]: typeof inputs, mask?: op.Value): op.Value {
  const split = (x: op.Value) => op.transpose(op.reshape(x, [batch, x.shape[1]!, heads, width / heads]), [0, 2, 1, 3]);
  const scores = op.matMul(split(q), op.transpose(split(k)));
  const seen = op.matMul(op.softmax(mask ? op.add(scores, mask) : scores, -1), split(v));
  return op.reshape(op.transpose(seen, [0, 2, 1, 3]), [batch, rows, width]);
}

const operators = (bytes: Uint8Array) =>
  [
    ...Buffer.from(bytes)
      .toString('latin1')
      .matchAll(/MultiHeadAttention|Softmax/g),
  ].map(([name]) => name);

test('attention as one operator gives its numbers, one after the other too', async () => {
  const once = attention(inputs);
  const twice = attention([op.add(once, op.scalar(0.5)), inputs[1], inputs[2]]);
  const [fused] = op.withFusedAttention([twice]);
  const model = (y: op.Value) => op.writeModel({ name: 'attention', inputs, outputs: { y } });
  expect(new Set(operators(model(twice)))).toEqual(new Set(['Softmax']));
  expect(new Set(operators(model(fused!)))).toEqual(new Set(['MultiHeadAttention']));
  const [expected, actual] = [await runModel(model(twice), feeds), await runModel(model(fused!), feeds)];
  expectClose(actual.y!.data, expected.y!.data, 1e-6);
});

test('attention with a mask, and what is none, stay as they are', () => {
  const mask = op.constant(new Float32Array(rows * tokens), [1, 1, rows, tokens]);
  const outputs = [attention(inputs, mask), op.softmax(op.reshape(inputs[0], [batch * rows, width]), -1)];
  expect(op.withFusedAttention(outputs)).toEqual(outputs);
});
