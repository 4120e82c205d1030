import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import { askOnnxChecker, runModel, temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import * as op from './index.js';

const x = op.input('x', 'float32', [2, 3]);
const write = (y: op.Value) => op.writeModel({ name: 'half', inputs: [x], outputs: { y } });
const run = async (y: op.Value, data: readonly number[]) =>
  (await runModel(write(y), { x: { dtype: 'float32', shape: [2, 3], data: Float32Array.from(data) } })).y!.data;
const half = (y: op.Value) => op.inHalfPrecision([y], [x])[0]!;
/** With every result rounded on a processor too. */
const rounded = (y: op.Value) => op.inHalfPrecision([y], [x], (result) => op.concat([op.concat([result], 0)], 0))[0]!;

describe('a graph in half precision', () => {
  it('rounds what it is given and every result to float16', async () => {
    // float16 has 11 significant bits: 2049 is no such number, and 2048 + 1 rounds back.
    expect([...(await run(half(x), [2049, 1, 1 + 2 ** -11, 0, -1, 2 ** -24]))]).toEqual([2048, 1, 1, 0, -1, 2 ** -24]);
    const added = await run(rounded(op.sub(op.add(x, op.scalar(2048)), op.scalar(2048))), [1, 2, 3, 4, 5, 6]);
    expect([...added]).toEqual([0, 2, 4, 4, 4, 6]);
  });

  it('makes numbers beyond 65,504 infinite', async () => {
    const squared = await run(rounded(op.mul(x, x)), [300, -300, 255, 0, 1, 2]);
    expect([...squared]).toEqual([Infinity, Infinity, 65024, 0, 1, 4]);
  });

  it('agrees with float32 to 11 bits, norms and softmax included', async () => {
    const weight = op.constant(Float32Array.of(1, -0.5, 0.25, 0.75, 2, -1, 0.1, 0.3, -0.7), [3, 3]);
    const ones = op.constant(Float32Array.of(1, 1.5, 0.5), [3]);
    const y = op.softmax(
      op.layerNorm(op.gelu(op.matMul(x, weight)), ones, op.constant(new Float32Array(3), [3]), 1e-5),
      -1,
    );
    const value = fc.double({ min: -8, max: 8, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 6, maxLength: 6 }), async (values) => {
        const [exact, halved] = [await run(y, values), await run(rounded(y), values)];
        for (const [index, expected] of exact.entries()) expect(Math.abs(halved[index]! - expected)).toBeLessThan(0.02);
      }),
      { numRuns: 30 },
    );
  });

  it('uses constants that are stored in half precision as they are, and computes others in float32 first', async () => {
    const stored = op.cast(op.constant(Uint16Array.of(0x3c00, 0xc000, 0x3800), [3]), 'float32');
    // 60,000 / 0.001 is too large for float16, its product with 1e-6 is not.
    const folded = op.mul(op.div(op.scalar(60000), op.scalar(0.001)), op.scalar(1e-6));
    expect([...(await run(rounded(op.mul(op.mul(x, stored), folded)), [1, 1, 1, 0, 0, 0]))]).toEqual([
      60, -120, 30, 0, -0, 0,
    ]);
  });

  it('leaves what lies before its sources in float32', async () => {
    const small = op.mul(x, op.scalar(1e-5));
    const [y] = op.inHalfPrecision([op.mul(small, op.scalar(2))], [small]);
    expect([...(await run(y!, [1e5, 2e5, 0, 0, 0, 0]))]).toEqual([2, 4, 0, 0, 0, 0]);
  });
});

const check = askOnnxChecker();
(check ? test : test.skip)('passes onnx.checker, shape inference included', () => {
  const width = op.constant(new Float32Array(3), [3]);
  const file = path.join(temporaryFolder(), 'model.onnx');
  writeFileSync(file, write(half(op.clip(op.layerNorm(op.gelu(x), width, width, 1e-5), 0, 6))));
  expect(check!([file])).toBeUndefined();
});
