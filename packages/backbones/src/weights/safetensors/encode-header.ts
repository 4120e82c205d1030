import { WeightsError } from '../../weights-error.js';
import { prefixBytes } from './header.js';
import type { TensorDtype } from './tensor.js';

/** A tensor of a file to be written. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly lengthBytes: number;
}

/**
 * The start of a safetensors file whose data lies in the given order without gaps: size and JSON, padded with spaces so
 * that the data starts at a multiple of 8 bytes. Throws `WeightsError` for a name that the format keeps to itself.
 */
export function encodeHeader(
  tensors: readonly HeaderEntry[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = metadata === undefined ? [] : [['__metadata__', metadata]];
  let dataBytes = 0;
  for (const { name, dtype, shape, lengthBytes } of tensors) {
    if (name === '__metadata__') {
      throw new WeightsError('bad-tensor', 'No tensor may be called "__metadata__"; give it another name.');
    }
    entries.push([name, { dtype, shape, data_offsets: [dataBytes, dataBytes + lengthBytes] }]);
    dataBytes += lengthBytes;
  }
  const json = new TextEncoder().encode(
    `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`,
  );
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(prefixBytes + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, prefixBytes);
  return header;
}
