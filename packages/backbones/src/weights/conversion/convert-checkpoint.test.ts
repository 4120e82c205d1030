import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { goldenPath, temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import { openClipBackbone } from '../../families/clip.js';
import { goldenClipPaths } from '../../testing/golden-clip.js';
import { pickle, pickleBytes, writeArchive, writeCheckpoint } from '../../testing/write-checkpoint.js';
import { WeightsError } from '../../weights-error.js';
import { readSafetensorsFile, readSafetensorsHeader } from '../safetensors/read.js';
import { convertCheckpoint } from './convert-checkpoint.js';

const { start, stop } = pickle;
const target = () => join(temporaryFolder(), 'model.safetensors');

async function converted(source: string): Promise<string> {
  const path = target();
  await convertCheckpoint(source, path);
  return path;
}

/** An archive with one storage `0` of six float32 numbers. */
async function archiveOf(...pieces: string[]): Promise<string> {
  const path = join(temporaryFolder(), 'model.pt');
  await writeArchive(path, pickleBytes(...pieces), { 0: new Uint8Array(24) });
  return path;
}

describe('a checkpoint that PyTorch wrote becomes a safetensors file with the same names, types and numbers', () => {
  test.each([
    ['state-dict', 'a state dictionary of every element type, with views, shared storages and a parameter'],
    ['training', 'a training checkpoint with an optimiser, from several devices'],
    ['torchscript', 'a TorchScript archive in half precision with nested modules and buffers'],
  ])('%s: %s', async (name) => {
    const tensors = readSafetensorsFile(await converted(goldenPath(`checkpoints/${name}.pt`)));
    const expected = readSafetensorsFile(goldenPath(`checkpoints/${name}.safetensors`));
    expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [tensor, value] of expected) expect(tensors.get(tensor)).toEqual(value);
  });

  test("a whole CLIP under OpenAI's names opens as before", async () => {
    const golden = readSafetensorsFile(goldenClipPaths().openClip);
    const checkpoint = join(temporaryFolder(), 'open_clip_pytorch_model.bin');
    await writeCheckpoint(checkpoint, golden);
    const weightsPath = await converted(checkpoint);
    expect(new Map(readSafetensorsFile(weightsPath))).toEqual(golden);
    const backbone = openClipBackbone({ weightsPath, activation: 'gelu', imageHeads: 4, textHeads: 4 });
    expect(backbone).toMatchObject({ side: 64, embeddingWidth: 48 });
  });

  test('every tensor lies at a multiple of its element size', async () => {
    const { tensors } = readSafetensorsHeader(await converted(goldenPath('checkpoints/state-dict.pt')));
    const sizes = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I8: 1, U8: 1, BOOL: 1 };
    for (const { dtype, offsetBytes } of tensors.values()) expect(offsetBytes % sizes[dtype]).toBe(0);
  });
});

describe('a checkpoint that does more than rebuild tensors is refused by name, and leaves no file', () => {
  const tensor = pickle.tensor(pickle.storage('FloatStorage', '0', 6), 0, [2, 3], [3, 1]);
  const ofTensor = (view: string) => pickle.dictionary({ weight: view });
  const view = (offset: number, shape: number[], strides: number[]) =>
    ofTensor(pickle.tensor(pickle.storage('FloatStorage', '0', 6), offset, shape, strides));

  test.each<[string, string, RegExp]>([
    ['a call of the shell', pickle.call(pickle.name('os', 'system'), pickle.text('true')), /asks for "os\.system"/],
    [
      'a built-in function',
      pickle.call(pickle.name('builtins', 'eval'), pickle.text('1')),
      /asks for "builtins\.eval"/,
    ],
    ['a name built on the stack', `${pickle.text('os')}${pickle.text('system')}\x93`, /asks for "os\.system"/],
    [
      'an attribute of an accepted name',
      pickle.name('torch.FloatStorage', '__init__'),
      /asks for "torch\.FloatStorage\.__i/,
    ],
    [
      'a storage type called as a function',
      pickle.call(pickle.name('torch', 'FloatStorage')),
      /calls torch\.FloatStorage/,
    ],
    ['a call of a tensor', pickle.call(tensor), /calls something that is no name/],
    ['an object by an old instruction', '(ios\nsystem\n', /the pickle instruction INST/],
    ['an extension', '\x82\x01', /the pickle instruction EXT1/],
    ['bytes', 'C\x01a', /the pickle instruction SHORT_BINBYTES/],
    ['an unknown instruction', '\xff', /the pickle instruction number 255/],
    [
      'a new object of another type',
      `${pickle.name('torch', 'HalfStorage')})\x81`,
      /makes an object of torch\.HalfStorage/,
    ],
    ['a state for a list', `]${pickle.dictionary({})}b`, /sets the state of something other than a module/],
    ['a state that is no dictionary', '})b', /sets a state that is no dictionary/],
    ['an outside object', `${pickle.tuple(pickle.text('module'))}Q`, /an outside object that is no storage/],
    ['a number of 200 bytes', `\x8a\xc8${'\x00'.repeat(200)}`, /a whole number of 200 bytes/],
    ['a value of an empty stack', 'Q', /takes a value from an empty stack/],
    ['a tuple without its start', ')t', /closes a group that it never opened/],
    ['a value never named', 'h\x05', /recalls a value that it never named/],
    ['text longer than the file', 'X\xff\xff\xff\xff', /ends inside an instruction/],
    ['text that is no text', 'X\x01\x00\x00\x00\xff', /text that is not UTF-8/],
    ['a newer protocol', '\x80\x09', /an unknown pickle protocol/],
    ['marks without end', '('.repeat(2000), /nests too deeply/],
    ['a tensor past its storage', view(4, [3], [1]), /larger than its storage/],
    ['a tensor far past its storage', view(0, [2 ** 30, 2 ** 30, 2 ** 30], [1, 1, 1]), /larger than its storage/],
    ['one number a million times', view(0, [1_000_000], [0]), /larger than its storage/],
    ['a negative stride', view(5, [6], [-1]), /something other than a storage, an offset/],
    ['fewer strides than axes', view(0, [2, 3], [1]), /more strides than axes, or fewer/],
    [
      'a storage that is not there',
      ofTensor(pickle.tensor(pickle.storage('FloatStorage', '7', 6), 0, [6], [1])),
      /lacks the numbers of "weight"/,
    ],
    [
      'a storage that is shorter than said',
      ofTensor(pickle.tensor(pickle.storage('DoubleStorage', '0', 6), 0, [6], [1])),
      /lacks the numbers of "weight"/,
    ],
    ['no tensors', pickle.dictionary({ epoch: 'K\x03' }), /no tensors by name/],
    ['a tensor without a name', tensor, /no tensors by name/],
    [
      'two tensors of one name',
      `}(${pickle.text('a.b')}${tensor}${pickle.text('a')}${pickle.dictionary({ b: tensor })}u`,
      /two tensors called "a\.b"/,
    ],
    ['a dictionary that holds itself', `}q\x00${pickle.text('a')}h\x00s`, /nests its parts without end/],
    [
      'a small file that unfolds into a huge one',
      `${pickle.dictionary({ weight: tensor })}q\x00${Array.from(
        { length: 40 },
        (_, level) =>
          `${pickle.dictionary({ a: `h${String.fromCharCode(level)}`, b: `h${String.fromCharCode(level)}` })}q${String.fromCharCode(level + 1)}`,
      ).join('')}`,
      /nests its parts without end/,
    ],
  ])('%s', async (_, body, message) => {
    const source = await archiveOf(start, body, stop);
    const to = target();
    const refusal = await convertCheckpoint(source, to).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(WeightsError);
    expect((refusal as WeightsError).message).toMatch(message);
    expect(readdirSync(dirname(to))).toEqual([]);
  });

  test('the same numbers under ever more names', async () => {
    const large = pickle.tensor(pickle.storage('FloatStorage', '0', 10_000), 0, [10_000], [1]);
    const again = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`weight.${index}`, 'h\x00']));
    const source = join(temporaryFolder(), 'model.pt');
    const names = pickle.dictionary({ weight: `${large}q\x00`, ...again });
    await writeArchive(source, pickleBytes(start, names, stop), { 0: new Uint8Array(40_000) });
    await expect(convertCheckpoint(source, target())).rejects.toThrow(/names the same numbers over and over/);
  });

  test('a whole module', async () => {
    const message = /asks for "__main__\.Tower", .*save the model's state_dict/;
    await expect(convertCheckpoint(goldenPath('checkpoints/whole-module.pt'), target())).rejects.toThrow(message);
  });
});

describe('a file that is no PyTorch zip checkpoint', () => {
  test('one of PyTorch before 1.6', async () => {
    const source = goldenPath('checkpoints/legacy.pt');
    await expect(convertCheckpoint(source, target())).rejects.toThrow(/before 1\.6 wrote it, load and save it/);
  });

  test('one with compressed parts', async () => {
    const source = join(temporaryFolder(), 'model.pt');
    await writeArchive(source, pickleBytes(start, '}', stop), { 0: new Uint8Array(100) }, true);
    await expect(convertCheckpoint(source, target())).rejects.toThrow(/compressed or encrypted/);
  });

  test('one that was cut short', async () => {
    const source = join(temporaryFolder(), 'model.pt');
    writeFileSync(source, readFileSync(goldenPath('checkpoints/training.pt')).subarray(0, 9000));
    await expect(convertCheckpoint(source, target())).rejects.toThrow(/no whole PyTorch zip checkpoint/);
  });

  test('none at all', async () => {
    const source = join(temporaryFolder(), 'missing.pt');
    await expect(convertCheckpoint(source, target())).rejects.toThrow(/no whole PyTorch zip checkpoint/);
  });
});

test('whatever the bytes, a file comes out that is not much larger, or a WeightsError', async () => {
  const originals = ['state-dict', 'torchscript'].map((name) => readFileSync(goldenPath(`checkpoints/${name}.pt`)));
  const change = fc.record({ place: fc.nat(), value: fc.nat(255), cut: fc.constantFrom(0, 0, 0, 1, 500) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        let bytes = Buffer.from(original);
        for (const { place, value, cut } of changes) {
          bytes[place % bytes.length] = value;
          bytes = bytes.subarray(0, bytes.length - cut);
        }
        const source = join(temporaryFolder(), 'model.pt');
        writeFileSync(source, bytes);
        const to = target();
        try {
          await convertCheckpoint(source, to);
          expect(statSync(to).size).toBeLessThan(5 * bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
          expect(existsSync(to)).toBe(false);
        }
      },
    ),
    { numRuns: 40 },
  );
});
