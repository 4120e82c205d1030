import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { WeightsError } from '../../weights-error.js';
import { headerSizeBytes, parseSafetensorsHeader, prefixBytes, type SafetensorsHeader } from './header.js';
import { type NamedTensor, tensorArrays } from './tensor.js';

const largestReadBytes = 2 ** 30;

/** Every tensor of a safetensors file in memory, by name, in the order of the data. Throws `WeightsError`. */
export function readSafetensors(bytes: Uint8Array): Map<string, NamedTensor> {
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length);
  return new Map(
    [...tensors].map(([name, { dtype, shape, offsetBytes, lengthBytes }]) => {
      const { buffer } = Uint8Array.from(bytes.subarray(offsetBytes, offsetBytes + lengthBytes));
      return [name, { dtype, shape, data: new tensorArrays[dtype](buffer) }];
    }),
  );
}

/** Every tensor of a safetensors file (any size), by name, in the order of the data. Throws `WeightsError`. */
export function readSafetensorsFile(path: string): Map<string, NamedTensor> {
  return withFile(path, (descriptor) => {
    const { tensors } = readHeader(descriptor);
    const read = new Map<string, NamedTensor>();
    for (const [name, { dtype, shape, offsetBytes, lengthBytes }] of tensors) {
      const bytes = readBytes(descriptor, offsetBytes, lengthBytes);
      read.set(name, { dtype, shape, data: new tensorArrays[dtype](bytes.buffer) });
    }
    return read;
  });
}

/**
 * Names, dtypes, shapes and positions of a safetensors file; reads its header only, which may have `maximumBytes`.
 * Throws `WeightsError`.
 */
export function readSafetensorsHeader(path: string, maximumBytes?: number): SafetensorsHeader {
  return withFile(path, (descriptor) => readHeader(descriptor, maximumBytes));
}

/** One stretch of a file, e.g. a tensor found with `readSafetensorsHeader` or a row of it. Throws `WeightsError`. */
export function readFileBytes(path: string, offsetBytes: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
  return withFile(path, (descriptor) => readBytes(descriptor, offsetBytes, lengthBytes));
}

function withFile<T>(path: string, use: (descriptor: number) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new WeightsError('unreadable-file', `Cannot open the weight file ${path}; check its path and permissions.`, {
      cause,
    });
  }
  try {
    return use(descriptor);
  } catch (cause) {
    if (!(cause instanceof WeightsError)) {
      throw new WeightsError('unreadable-file', `Cannot read the weight file ${path}; check that it is a file.`, {
        cause,
      });
    }
    throw new WeightsError(cause.code, `${path}: ${cause.message}`, { cause });
  } finally {
    closeSync(descriptor);
  }
}

function readHeader(descriptor: number, maximumBytes?: number): SafetensorsHeader {
  const fileSizeBytes = fstatSync(descriptor).size;
  const prefix = readBytes(descriptor, 0, Math.min(prefixBytes, fileSizeBytes));
  const start = readBytes(descriptor, 0, prefixBytes + headerSizeBytes(prefix, fileSizeBytes, maximumBytes));
  return parseSafetensorsHeader(start, fileSizeBytes);
}

function readBytes(descriptor: number, offsetBytes: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthBytes);
  for (let done = 0; done < lengthBytes; ) {
    const read = readSync(descriptor, bytes, done, Math.min(lengthBytes - done, largestReadBytes), offsetBytes + done);
    if (read === 0) throw new WeightsError('truncated-file', 'The file ended while it was read; fetch it again.');
    done += read;
  }
  return bytes;
}
