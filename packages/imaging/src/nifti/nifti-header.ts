import { constants, gunzipSync } from 'node:zlib';
import { corruptImage, ImageError } from '../image/image-error.js';
import type { ImageLimits } from '../image/limits.js';
import { type Affine, affineOf } from './nifti-affine.js';

/** What the header of a volume (NIfTI-1 or NIfTI-2, in one file) says. */
export interface NiftiHeader {
  readonly littleEndian: boolean;
  /** Voxels along the three axes of a volume, the first of which runs fastest. */
  readonly extent: readonly [number, number, number];
  /** Volumes one after the other. */
  readonly volumes: number;
  /** Millimetres. */
  readonly spacing: readonly [number, number, number];
  readonly datatype: number;
  readonly dataOffset: number;
  /** value = slope * stored + intercept. */
  readonly scale: { readonly slope: number; readonly intercept: number };
  /**
   * From voxel indices to millimetres to the right, to the front and to the head; undefined where the file does not
   * tell.
   */
  readonly affine: Affine | undefined;
}

const gzipMagic = [0x1f, 0x8b];
/** How much of a compressed file is inflated to see what it is. */
const lookBytes = 4096;
const sizes = { 1: 348, 2: 540 } as const;

/** Whether a file is a NIfTI volume or the header of one, compressed by gzip or not. */
export function isNifti(bytes: Uint8Array): boolean {
  const begin = beginningOf(bytes);
  return begin !== undefined && (versionOf(begin) !== undefined || isHeaderAlone(begin));
}

/**
 * The bytes of a volume, inflated where they are compressed, and what their header says. Throws `corrupt-image` for a
 * header that cannot be or that promises more than there is, `unsupported-encoding`, and `too-many-bytes` for a file
 * that is larger than the limit when it is inflated, before it is.
 */
export function readNifti(file: Uint8Array, limits: ImageLimits): { bytes: Uint8Array; header: NiftiHeader } {
  const begin = beginningOf(file);
  if (!begin) throw corruptImage('NIfTI', 'it cannot be inflated');
  if (isHeaderAlone(begin)) {
    throw new ImageError(
      'unsupported-encoding',
      'The file is the header of a volume whose voxels are in another file (.hdr and .img), which is not supported; save both as one NIfTI file (.nii).',
    );
  }
  const header = headerOf(begin);
  const { extent, volumes, dataOffset, datatype } = header;
  const needed = dataOffset + extent[0] * extent[1] * extent[2] * volumes * voxelBytes(datatype);
  if (needed > limits.maximumBytes) {
    throw new ImageError(
      'too-many-bytes',
      `The volume has ${needed} bytes and the limit is ${limits.maximumBytes}; reduce it or raise the limit.`,
    );
  }
  const bytes = isGzip(file) ? inflated(file, needed) : file;
  if (bytes.length < needed) throw corruptImage('NIfTI', 'it has fewer voxels than its header says');
  return { bytes, header };
}

/** Bytes of a voxel of the kinds that are read. Throws `unsupported-encoding`. */
export function voxelBytes(datatype: number): number {
  const found = bytesOfDatatype.get(datatype);
  if (found !== undefined) return found;
  throw new ImageError(
    'unsupported-encoding',
    `The NIfTI file has voxels of kind ${datatype}, which are not supported; save it with integers or floats.`,
  );
}

/** Unsigned and signed integers of 8, 16 and 32 bits, floats of 32 and 64, RGB. */
const bytesOfDatatype = new Map([
  [2, 1],
  [4, 2],
  [8, 4],
  [16, 4],
  [64, 8],
  [128, 3],
  [256, 1],
  [512, 2],
  [768, 4],
]);

const isGzip = (bytes: Uint8Array) => bytes[0] === gzipMagic[0] && bytes[1] === gzipMagic[1];

/** The first bytes of a file, inflated; undefined where that fails. */
function beginningOf(bytes: Uint8Array): Uint8Array | undefined {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes.subarray(0, lookBytes), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** No more than is needed is inflated, whatever else there is. */
function inflated(file: Uint8Array, needed: number): Uint8Array {
  try {
    return gunzipSync(file, { maxOutputLength: needed + lookBytes });
  } catch (error) {
    const isLarger = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw corruptImage('NIfTI', isLarger ? 'it has more bytes than its header says' : 'it cannot be inflated', error);
  }
}

/** Whether these are the header of NIfTI's two files, or of Analyze 7.5, which is as long and has no name. */
function isHeaderAlone(bytes: Uint8Array): boolean {
  const isPair = versionOf(bytes, 'ni') !== undefined;
  return isPair || (bytes.length === sizes[1] && versionOf(bytes) === undefined && hasSizeOf(bytes, 1));
}

function hasSizeOf(bytes: Uint8Array, version: 1 | 2): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [true, false].some((littleEndian) => view.getInt32(0, littleEndian) === sizes[version]);
}

function versionOf(bytes: Uint8Array, name = 'n+'): { version: 1 | 2; littleEndian: boolean } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const version of [1, 2] as const) {
    const magicAt = version === 1 ? 344 : 4;
    if (bytes.length < sizes[version]) continue;
    const magic = String.fromCharCode(...bytes.subarray(magicAt, magicAt + 4));
    if (magic !== `${name}${version}\0`) continue;
    for (const littleEndian of [true, false]) {
      if (view.getInt32(0, littleEndian) === sizes[version]) return { version, littleEndian };
    }
  }
  return undefined;
}

function headerOf(bytes: Uint8Array): NiftiHeader {
  const found = versionOf(bytes);
  if (!found) throw corruptImage('NIfTI', 'its header is none');
  const { version, littleEndian } = found;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = version === 1;
  const float = (first: number, second: number) =>
    isFirst ? view.getFloat32(first, littleEndian) : view.getFloat64(second, littleEndian);
  const code = (first: number, second: number) =>
    isFirst ? view.getInt16(first, littleEndian) : view.getInt32(second, littleEndian);
  const dimension = (i: number) =>
    isFirst ? view.getInt16(40 + 2 * i, littleEndian) : Number(view.getBigInt64(16 + 8 * i, littleEndian));
  const count = (i: number) => (i <= dimension(0) ? dimension(i) : 1);
  const extent = [count(1), count(2), count(3)] as const;
  const volumes = count(4) * count(5) * count(6) * count(7);
  if (
    dimension(0) < 2 ||
    dimension(0) > 7 ||
    ![...extent, volumes].every((size) => Number.isSafeInteger(size) && size > 0)
  ) {
    throw corruptImage('NIfTI', 'its size cannot be');
  }
  const pixdim = (i: number) => float(76 + 4 * i, 104 + 8 * i);
  const spacing = [1, 2, 3].map((i) => Math.abs(pixdim(i)) || 1) as [number, number, number];
  const dataOffset = isFirst ? view.getFloat32(108, littleEndian) : Number(view.getBigInt64(168, littleEndian));
  if (!(Number.isInteger(dataOffset) && dataOffset >= sizes[version])) {
    throw corruptImage('NIfTI', 'its voxels begin inside its header');
  }
  const [slope, intercept] = [float(112, 176), float(116, 184)];
  const isScaled = Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept);
  return {
    littleEndian,
    extent,
    volumes,
    spacing,
    datatype: view.getInt16(isFirst ? 70 : 12, littleEndian),
    dataOffset,
    scale: isScaled ? { slope, intercept } : { slope: 1, intercept: 0 },
    affine: affineOf({
      spacing,
      handedness: pixdim(0) < 0 ? -1 : 1,
      quaternion: code(252, 344) > 0 ? [float(256, 352), float(260, 360), float(264, 368)] : undefined,
      rows:
        code(254, 348) > 0
          ? [0, 1, 2].map((row) =>
              [0, 1, 2].map((column) => float(280 + 16 * row + 4 * column, 400 + 32 * row + 8 * column)),
            )
          : undefined,
    }),
  };
}
