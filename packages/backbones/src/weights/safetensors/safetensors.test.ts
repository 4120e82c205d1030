import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { goldenPath, temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import { WeightsError } from '../../weights-error.js';
import { parseSafetensorsHeader } from './header.js';
import { readFileBytes, readSafetensors, readSafetensorsFile, readSafetensorsHeader } from './read.js';
import { type NamedTensor, type TensorDtype, tensorArrays } from './tensor.js';
import { writeSafetensors } from './write.js';

const tensorArbitrary: fc.Arbitrary<NamedTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(tensorArrays) as TensorDtype[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    seed: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  })
  .map(({ dtype, shape, seed }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bytes = Uint8Array.from({ length: count * tensorArrays[dtype].BYTES_PER_ELEMENT }, (_, i) => seed[i % 8]!);
    return { dtype, shape, data: new tensorArrays[dtype](bytes.buffer) };
  });
const fileArbitrary = fc.uniqueArray(fc.tuple(fc.string(), tensorArbitrary), {
  selector: ([name]) => name,
  maxLength: 6,
});

/** A file of the given header (JSON or raw text) and number of data bytes. */
function fileOf(header: unknown, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WeightsError) return error.code;
    throw error;
  }
  return 'accepted';
}

const bytesOf = ({ data }: NamedTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

describe('safetensors', () => {
  it('reads back what it wrote, in order and bit for bit', () => {
    fc.assert(
      fc.property(fileArbitrary, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
        fc.pre(tensors.every(([name]) => name !== '__metadata__'));
        const file = writeSafetensors(tensors, metadata);
        const read = readSafetensors(file);
        expect([...read.keys()].sort()).toEqual(tensors.map(([name]) => name).sort());
        for (const [name, tensor] of tensors) {
          expect(read.get(name)!.dtype).toBe(tensor.dtype);
          expect(read.get(name)!.shape).toEqual(tensor.shape);
          expect(bytesOf(read.get(name)!).equals(bytesOf(tensor))).toBe(true);
        }
        expect({ ...parseSafetensorsHeader(file, file.length).metadata }).toEqual({ ...metadata });
      }),
    );
  });

  it('gives the same values and positions from a file as from memory', () => {
    const tensors: [string, NamedTensor][] = [
      ['b', { dtype: 'I8', shape: [3], data: Int8Array.of(-1, 2, 3) }],
      ['a', { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1.5, -2) }],
    ];
    const bytes = writeSafetensors(tensors, { format: 'pt' });
    const file = path.join(temporaryFolder(), 'two.safetensors');
    writeFileSync(file, bytes);
    expect([...readSafetensorsFile(file)]).toEqual(tensors);
    const location = readSafetensorsHeader(file).tensors.get('a')!;
    expect(new Float32Array(readFileBytes(file, location.offsetBytes, location.lengthBytes).buffer)).toEqual(
      Float32Array.of(1.5, -2),
    );
  });

  it('reads a file written by the reference library', () => {
    const weights = readSafetensorsFile(goldenPath('clip-tiny/hf/model.safetensors'));
    expect(weights.get('text_model.embeddings.token_embedding.weight')).toMatchObject({
      dtype: 'F16',
      shape: [49408, 32],
    });
  });

  it('ends in a WeightsError or a reading that covers the file, whatever the bytes', () => {
    const mutation = fc.tuple(fileArbitrary, fc.nat(), fc.nat(255), fc.nat(3));
    fc.assert(
      fc.property(mutation, ([tensors, position, value, cut]) => {
        const file = writeSafetensors(tensors).slice();
        file[position % file.length] = value;
        const bytes = file.subarray(0, file.length - cut);
        try {
          let dataBytes = 0;
          for (const tensor of readSafetensors(bytes).values()) dataBytes += tensor.data.byteLength;
          expect(dataBytes).toBeLessThan(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.jsonValue(), (header) => void codeOf(() => readSafetensors(fileOf(header)))));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void codeOf(() => readSafetensors(bytes))));
  });

  it.each([
    ['an empty file', new Uint8Array(0), 'truncated-file'],
    ['a header larger than any', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128), 'bad-header'],
    ['a header larger than the file', Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 123), 'truncated-file'],
    ['broken JSON', fileOf('{"a":'), 'bad-header'],
    ['an array', fileOf([]), 'bad-header'],
    ['an entry that is none', fileOf({ a: 3 }), 'bad-header'],
    ['numbers as metadata', fileOf({ __metadata__: { a: 1 } }), 'bad-header'],
    ['an unknown dtype', fileOf({ a: { dtype: 'F8', shape: [1], data_offsets: [0, 1] } }, 1), 'unsupported-dtype'],
    [
      'a dtype named like a method',
      fileOf({ a: { dtype: 'toString', shape: [], data_offsets: [0, 0] } }),
      'unsupported-dtype',
    ],
    ['a negative size', fileOf({ a: { dtype: 'U8', shape: [-1], data_offsets: [0, 1] } }, 1), 'bad-shape'],
    [
      'a shape that overflows',
      fileOf({ a: { dtype: 'U8', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 1] } }, 1),
      'bad-shape',
    ],
    [
      'offsets that do not fit the shape',
      fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 3] } }, 3),
      'bad-offsets',
    ],
    ['offsets that run backwards', fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4), 'bad-offsets'],
    ['a gap', fileOf({ a: { dtype: 'U8', shape: [1], data_offsets: [1, 2] } }, 2), 'bad-offsets'],
    [
      'an overlap',
      fileOf(
        { a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] }, b: { dtype: 'U8', shape: [2], data_offsets: [1, 3] } },
        3,
      ),
      'bad-offsets',
    ],
    ['missing data', fileOf({ a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] } }, 3), 'truncated-file'],
    ['bytes after the end', fileOf({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, 2), 'bad-offsets'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => readSafetensors(bytes))).toBe(code);
  });

  it('accepts a tensor named like a property of every object', () => {
    const file = fileOf('{"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', 1);
    expect(readSafetensors(file).get('__proto__')?.shape).toEqual([]);
  });

  it('names the file and what to do when it cannot be opened', () => {
    const missing = path.join(temporaryFolder(), 'missing.safetensors');
    expect(() => readSafetensorsFile(missing)).toThrow(`Cannot open the weight file ${missing}`);
    expect(codeOf(() => readSafetensorsFile(temporaryFolder()))).toBe('unreadable-file');
  });

  it('refuses to write a tensor that contradicts itself', () => {
    const short = { dtype: 'F32', shape: [2], data: Float32Array.of(1) } as const;
    expect(codeOf(() => writeSafetensors([['a', short]]))).toBe('bad-tensor');
    const fine = { dtype: 'F32', shape: [1], data: Float32Array.of(1) } as const;
    expect(codeOf(() => writeSafetensors([['__metadata__', fine]]))).toBe('bad-tensor');
  });
});
