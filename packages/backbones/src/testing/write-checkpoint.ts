import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import type { NamedTensor } from '../weights/safetensors/tensor.js';

/** Pieces of pickles, as PyTorch writes them. */
export const pickle = {
  start: '\x80\x02',
  stop: '.',
  text: (value: string) => `X${uint32(value.length)}${value}`,
  int: (value: number) => `J${uint32(value)}`,
  name: (module: string, name: string) => `c${module}\n${name}\n`,
  tuple: (...items: string[]) => `(${items.join('')}t`,
  dictionary: (entries: Readonly<Record<string, string>>) =>
    `}(${Object.entries(entries)
      .map(([key, value]) => pickle.text(key) + value)
      .join('')}u`,
  call: (callee: string, ...items: string[]) => `${callee}${pickle.tuple(...items)}R`,
  storage: (type: string, key: string, elements: number) =>
    `${pickle.tuple(pickle.text('storage'), pickle.name('torch', type), pickle.text(key), pickle.text('cpu'), pickle.int(elements))}Q`,
  tensor: (storage: string, offset: number, shape: readonly number[], strides: readonly number[]) =>
    pickle.call(
      pickle.name('torch._utils', '_rebuild_tensor_v2'),
      storage,
      pickle.int(offset),
      pickle.tuple(...shape.map(pickle.int)),
      pickle.tuple(...strides.map(pickle.int)),
      '\x89',
      pickle.call(pickle.name('collections', 'OrderedDict')),
    ),
};

const uint32 = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString('latin1');

/** The bytes of a pickle made of `pickle`'s pieces. */
export const pickleBytes = (...pieces: string[]): Buffer => Buffer.from(pieces.join(''), 'latin1');

/** Writes a zip as `torch.save` does: the pickle and the storages, uncompressed. */
export async function writeArchive(
  path: string,
  pickled: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>>,
  compress = false,
): Promise<void> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from(pickled), 'archive/data.pkl', { compress });
  for (const [key, bytes] of Object.entries(storages)) {
    zip.addBuffer(Buffer.from(bytes), `archive/data/${key}`, { compress });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

/** Writes tensors as `torch.save` writes a state dictionary. */
export async function writeCheckpoint(path: string, tensors: ReadonlyMap<string, NamedTensor>): Promise<void> {
  const types = { F32: 'FloatStorage', F16: 'HalfStorage', I64: 'LongStorage' } as const;
  const storages: Record<string, Uint8Array> = {};
  const entries: Record<string, string> = {};
  for (const [index, [name, { dtype, shape, data }]] of [...tensors].entries()) {
    storages[index] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
    const storage = pickle.storage(types[dtype as keyof typeof types], `${index}`, data.length);
    entries[name] = pickle.tensor(storage, 0, shape, strides);
  }
  await writeArchive(path, pickleBytes(pickle.start, pickle.dictionary(entries), pickle.stop), storages);
}
