import { WeightsError } from '../weights-error.js';
import { PREFIX_BYTES } from './header.js';
import { checkTensor, type NamedTensor } from './tensor.js';

/**
 * A safetensors file with the tensors in the given order: the same tensors in the same order give the same bytes. The
 * header is padded with spaces so that the data starts at a multiple of 8 bytes. Throws `WeightsError` for a tensor
 * that contradicts itself.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, NamedTensor]>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = metadata === undefined ? [] : [['__metadata__', metadata]];
  const chunks: Uint8Array[] = [];
  let dataBytes = 0;
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    if (name === '__metadata__') {
      throw new WeightsError('bad_tensor', 'No tensor may be called "__metadata__"; give it another name.');
    }
    const { dtype, shape, data } = tensor;
    entries.push([name, { dtype, shape, data_offsets: [dataBytes, dataBytes + data.byteLength] }]);
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    dataBytes += data.byteLength;
  }
  const header = new TextEncoder().encode(
    `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`,
  );
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(PREFIX_BYTES + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  file.set(header, PREFIX_BYTES);
  let position = PREFIX_BYTES + headerBytes;
  for (const chunk of chunks) {
    file.set(chunk, position);
    position += chunk.length;
  }
  return file;
}
