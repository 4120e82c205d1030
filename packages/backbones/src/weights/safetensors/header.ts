import { WeightsError } from '../../weights-error.js';
import { elementCount, isTensorDtype, type TensorDtype, tensorArrays } from './tensor.js';

/** Where a tensor lies in its file, so that it can be used as external data without being read. */
export interface TensorLocation {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface SafetensorsHeader {
  /** By name, in the order of the file's data. */
  readonly tensors: ReadonlyMap<string, TensorLocation>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The length of the header's own size field. */
export const prefixBytes = 8;
const largestHeaderBytes = 100_000_000;

/**
 * The size of the JSON header that follows the first 8 bytes of a safetensors file.
 * Throws `WeightsError` when the file cannot hold such a header, or when it is larger than `maximumBytes`.
 */
export function headerSizeBytes(prefix: Uint8Array, fileSizeBytes: number, maximumBytes = largestHeaderBytes): number {
  if (fileSizeBytes < prefixBytes || prefix.length < prefixBytes) {
    throw new WeightsError(
      'truncated-file',
      'The file is too short for safetensors; fetch it again or check that it is the right file.',
    );
  }
  const size = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (size > maximumBytes || size < 2n) {
    throw new WeightsError(
      'bad-header',
      `The file claims a header of ${size} bytes, so it is not safetensors; check that it is the right file.`,
    );
  }
  if (prefixBytes + Number(size) > fileSizeBytes) {
    throw new WeightsError('truncated-file', 'The file ends inside its safetensors header; fetch it again.');
  }
  return Number(size);
}

/**
 * Reads names, dtypes, shapes and absolute positions from the start of a safetensors file (prefix and JSON header; more
 * bytes do no harm) without touching the data. `fileSizeBytes` is the size of the whole file.
 *
 * Everything a hostile file could lie about is checked: header size, JSON, dtypes, shapes, and that the tensors cover
 * the rest of the file exactly, without gaps or overlaps. Throws `WeightsError`. Format:
 * https://huggingface.co/docs/safetensors
 */
export function parseSafetensorsHeader(start: Uint8Array, fileSizeBytes: number): SafetensorsHeader {
  const sizeBytes = headerSizeBytes(start, fileSizeBytes);
  const dataStart = prefixBytes + sizeBytes;
  if (start.length < dataStart) {
    throw new WeightsError('truncated-file', 'The safetensors header is incomplete; pass the whole header.');
  }
  const { __metadata__: metadata = {}, ...entries } = parseJson(start.subarray(prefixBytes, dataStart));
  const tensors = Object.entries(entries).map(([name, entry]) => parseEntry(name, entry, dataStart));
  tensors.sort((a, b) => a[1].offsetBytes - b[1].offsetBytes || a[1].lengthBytes - b[1].lengthBytes);
  checkCover(tensors, dataStart, fileSizeBytes);
  return { tensors: new Map(tensors), metadata: parseMetadata(metadata) };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new WeightsError(
      'bad-header',
      'The safetensors header is not valid JSON in UTF-8; check that it is the right file.',
      { cause },
    );
  }
  if (!isRecord(header)) {
    throw new WeightsError(
      'bad-header',
      'The safetensors header is not a JSON object; check that it is the right file.',
    );
  }
  return header;
}

function parseMetadata(metadata: unknown): Record<string, string> {
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new WeightsError(
      'bad-header',
      'The safetensors "__metadata__" is not a map of strings; write the file again.',
    );
  }
  return metadata as Record<string, string>;
}

function parseEntry(name: string, entry: unknown, dataStart: number): [string, TensorLocation] {
  const shown = JSON.stringify(name.slice(0, 100));
  if (!isRecord(entry)) {
    throw new WeightsError('bad-header', `The safetensors entry ${shown} is not an object; write the file again.`);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isTensorDtype(dtype)) {
    throw new WeightsError(
      'unsupported-dtype',
      `Tensor ${shown} has an unsupported dtype; convert it to one of ${Object.keys(tensorArrays).join(', ')}.`,
    );
  }
  const count = Array.isArray(shape) ? elementCount(shape) : Number.NaN;
  if (!Number.isSafeInteger(count)) {
    throw new WeightsError('bad-shape', `Tensor ${shown} has no valid shape; write the file again.`);
  }
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!isOffset(begin) || !isOffset(end) || end - begin !== count * tensorArrays[dtype].BYTES_PER_ELEMENT) {
    throw new WeightsError(
      'bad-offsets',
      `The data offsets of tensor ${shown} do not fit its dtype and shape; write the file again.`,
    );
  }
  return [name, { dtype, shape: shape as number[], offsetBytes: dataStart + begin, lengthBytes: end - begin }];
}

function checkCover(tensors: readonly [string, TensorLocation][], dataStart: number, fileSizeBytes: number): void {
  let covered = dataStart;
  for (const [name, { offsetBytes, lengthBytes }] of tensors) {
    if (offsetBytes !== covered) {
      throw new WeightsError(
        'bad-offsets',
        `Tensor ${JSON.stringify(name.slice(0, 100))} ${offsetBytes < covered ? 'overlaps' : 'leaves a gap after'} the one before it; write the file again.`,
      );
    }
    covered += lengthBytes;
  }
  if (covered > fileSizeBytes) {
    throw new WeightsError(
      'truncated-file',
      `The file has ${fileSizeBytes} bytes where its safetensors header promises ${covered}; fetch it again.`,
    );
  }
  if (covered < fileSizeBytes) {
    throw new WeightsError(
      'bad-offsets',
      `The file has ${fileSizeBytes - covered} bytes that belong to no tensor; check that it is the right file.`,
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
