import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pickle, pickleBytes } from '../../testing/write-checkpoint.js';
import { WeightsError } from '../../weights-error.js';
import { namedTensors } from './named-tensors.js';
import { unpickle } from './unpickle.js';

const unpickled = (...pieces: string[]) => unpickle(pickleBytes(pickle.start, ...pieces, pickle.stop));

test.each<[string, string, unknown]>([
  ['nothing', 'N', null],
  ['true', '\x88', true],
  ['false', '\x89', false],
  ['a byte', 'K\xff', 255],
  ['two bytes', 'M\x01\x02', 513],
  ['four bytes with a sign', 'J\xfe\xff\xff\xff', -2],
  ['a long', '\x8a\x05\x00\x00\x00\x00\x01', 2 ** 32],
  ['a negative long', '\x8a\x01\xff', -1],
  ['an empty long', '\x8a\x00', 0],
  ['a float', `G\x3f\xf8${'\x00'.repeat(6)}`, 1.5],
  ['a text', `X\x02\x00\x00\x00\xc3\xa9`, 'é'],
  ['a short text', '\x8c\x02ab', 'ab'],
  ['tuples', 'K\x01K\x02\x86\x85', [[1, 2]]],
  ['a list filled one by one', ']K\x01aK\x02a', [1, 2]],
  ['a list filled at once', '](K\x01K\x02e', [1, 2]],
  ['a dictionary filled one by one', `}${pickle.text('a')}K\x01s`, new Map([['a', 1]])],
  ['a value twice', 'K\x07q\x03h\x03\x86', [7, 7]],
  ['a value twice, in a frame', '\x95\x00\x00\x00\x00\x00\x00\x00\x00K\x07\x94h\x00\x86', [7, 7]],
])('%s', (_, piece, expected) => {
  expect(unpickled(piece)).toEqual(expected);
});

test('ends in a value or a WeightsError, whatever the instructions', () => {
  const piece = fc.oneof(
    fc.constantFrom(...'(N\x88\x89)]}tauseRbQq\x00h\x00\x81\x85\x86\x87\x94'),
    fc.constantFrom(
      'K\x01',
      pickle.text('storage'),
      pickle.text('0'),
      pickle.name('torch', 'FloatStorage'),
      pickle.name('collections', 'OrderedDict'),
      pickle.name('torch._utils', '_rebuild_tensor_v2'),
      pickle.name('__torch__', 'Tower'),
      pickle.storage('HalfStorage', '1', 4),
      pickle.tensor(pickle.storage('HalfStorage', '1', 4), 0, [2, 2], [2, 1]),
    ),
    fc.nat(255).map((code) => String.fromCharCode(code)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        for (const { storage, shape } of namedTensors(unpickled(...pieces)).values()) {
          expect(shape.reduce((product, extent) => product * extent, 1)).toBeLessThanOrEqual(storage.elements);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsError);
      }
    }),
    { numRuns: 3000 },
  );
});
