import { encodeHeader, type HeaderEntry } from './encode-header.js';
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
  const entries: HeaderEntry[] = [];
  const chunks: Uint8Array[] = [];
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    const { dtype, shape, data } = tensor;
    entries.push({ name, dtype, shape, lengthBytes: data.byteLength });
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const header = encodeHeader(entries, metadata);
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, header.length));
  file.set(header);
  let position = header.length;
  for (const chunk of chunks) {
    file.set(chunk, position);
    position += chunk.length;
  }
  return file;
}
