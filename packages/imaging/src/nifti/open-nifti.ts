import { groupDigest } from '../image/group-digest.js';
import { ImageError } from '../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import type { BodyPlane, Reading } from '../image/reading.js';
import type { RasterFile, RasterSamples, SampleValues } from '../raster/samples.js';
import { type BodyAxes, type BodyAxis, bodyAxes } from './nifti-affine.js';
import { type NiftiHeader, readNifti, voxelBytes } from './nifti-header.js';

/** How many numbers, and how far from each to the next, in voxels; it may be backwards. */
interface Walk {
  readonly count: number;
  readonly step: number;
  readonly start: number;
}

/** A slice is walked column by column within row by row. */
interface SlicePlan {
  readonly columns: Walk;
  readonly rows: Walk;
  readonly slices: Walk;
}

const rgb = 128;
/** What reading a slice takes beside the volume: samples, and the values of deep ones. */
const bytesPerPixel = 8;

/**
 * Opens a NIfTI volume as its slices in a plane, by default those across the axis of the largest spacing, from foot to
 * head, back to front or left to right, in the radiological convention: the right side of the body is on the left, the
 * front (or, seen from the front, the head) above. Slices of one value are left out, and notes say so. Throws as
 * `readNifti` does, of the limits, and `no-pixels` where no slice shows anything.
 */
export function openNifti(file: Uint8Array, limits: ImageLimits, { plane }: Reading = {}): RasterFile {
  const { bytes, header } = readNifti(file, limits);
  const plan = slicePlan(header, plane);
  const [width, height] = [plan.columns.count, plan.rows.count];
  const all = plan.slices.count * header.volumes;
  checkDeclared({ width, height, frameCount: all }, 0, limits);
  const reader = new VoxelReader(bytes, header);
  const shown: number[] = [];
  for (let slice = 0; slice < all; slice++) if (!reader.isEven(plan, slice)) shown.push(slice);
  if (shown.length === 0) {
    throw new ImageError('no-pixels', 'The NIfTI file has no slice that shows anything; send another one.');
  }
  const empty = all - shown.length;
  const notes = [
    ...(empty > 0 ? [`${empty} empty ${empty === 1 ? 'slice was' : 'slices were'} left out`] : []),
    ...(header.affine ? [] : ['the file does not say how the body lies: its axes were taken as right, front, head']),
  ];
  const isColour = header.datatype === rgb;
  const cost = { pixels: width * height, bytesPerPixel, channels: isColour ? 3 : 1 };
  return {
    frameCount: shown.length,
    group: groupDigest('volume', bytes),
    cost: () => cost,
    samples: (frame): RasterSamples => {
      const slice = shown[frame];
      if (slice === undefined) {
        throw new ImageError('no-such-frame', `Slice ${frame} was asked for and the file has ${shown.length}.`);
      }
      const data = reader.slice(plan, slice);
      return { width, height, mode: isColour ? 'rgb' : 'grey', data, scale: header.scale, notes };
    },
  };
}

/** Where the slices of a volume are, turned. */
function slicePlan({ extent, spacing, affine }: NiftiHeader, plane: BodyPlane | undefined): SlicePlan {
  const axes: BodyAxes = affine
    ? bodyAxes(affine)
    : [
        { axis: 0, sign: 1 },
        { axis: 1, sign: 1 },
        { axis: 2, sign: 1 },
      ];
  const [right, front, head] = axes;
  const steps = [1, extent[0], extent[0] * extent[1]];
  const walk = ({ axis, sign }: BodyAxis, isAlong: boolean): Walk => {
    const isForward = sign === 1 ? isAlong : !isAlong;
    const count = extent[axis];
    const step = steps[axis]!;
    return { count, step: isForward ? step : -step, start: isForward ? 0 : (count - 1) * step };
  };
  // Of equal spacings the slices are those across the body.
  const thickest = [head, front, right].reduce((kept, one) =>
    spacing[one.axis] > spacing[kept.axis] * 1.001 ? one : kept,
  );
  const across = plane ? { axial: head, coronal: front, sagittal: right }[plane] : thickest;
  if (across === head) return { columns: walk(right, false), rows: walk(front, false), slices: walk(head, true) };
  if (across === front) return { columns: walk(right, false), rows: walk(head, false), slices: walk(front, true) };
  return { columns: walk(front, false), rows: walk(head, false), slices: walk(right, true) };
}

/** Reads voxels of any kind and byte order. */
class VoxelReader {
  readonly #view: DataView;
  readonly #header: NiftiHeader;
  readonly #voxelBytes: number;
  readonly #volumeVoxels: number;

  constructor(bytes: Uint8Array, header: NiftiHeader) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + header.dataOffset, bytes.byteLength - header.dataOffset);
    this.#header = header;
    this.#voxelBytes = voxelBytes(header.datatype);
    this.#volumeVoxels = header.extent[0] * header.extent[1] * header.extent[2];
  }

  /** Whether all voxels of a slice are alike. */
  isEven(plan: SlicePlan, slice: number): boolean {
    const { columns, rows } = plan;
    const size = this.#voxelBytes;
    const first = this.#first(plan, slice);
    for (let row = 0; row < rows.count; row++) {
      for (let column = 0; column < columns.count; column++) {
        const at = (first + row * rows.step + column * columns.step) * size;
        for (let byte = 0; byte < size; byte++) {
          if (this.#view.getUint8(at + byte) !== this.#view.getUint8(first * size + byte)) return false;
        }
      }
    }
    return true;
  }

  slice(plan: SlicePlan, slice: number): SampleValues {
    const { columns, rows } = plan;
    const first = this.#first(plan, slice);
    const channels = this.#header.datatype === rgb ? 3 : 1;
    const data = samplesOf(this.#header.datatype, columns.count * rows.count * channels);
    let to = 0;
    for (let row = 0; row < rows.count; row++) {
      for (let column = 0; column < columns.count; column++) {
        const at = (first + row * rows.step + column * columns.step) * this.#voxelBytes;
        for (let channel = 0; channel < channels; channel++) data[to++] = this.#number(at + channel);
      }
    }
    return data;
  }

  #first({ columns, rows, slices }: SlicePlan, slice: number): number {
    const volume = Math.floor(slice / slices.count) * this.#volumeVoxels;
    return volume + slices.start + (slice % slices.count) * slices.step + rows.start + columns.start;
  }

  #number(offset: number): number {
    const { littleEndian, datatype } = this.#header;
    switch (datatype) {
      case 4:
        return this.#view.getInt16(offset, littleEndian);
      case 8:
        return this.#view.getInt32(offset, littleEndian);
      case 16:
        return this.#view.getFloat32(offset, littleEndian);
      case 64:
        return this.#view.getFloat64(offset, littleEndian);
      case 256:
        return this.#view.getInt8(offset);
      case 512:
        return this.#view.getUint16(offset, littleEndian);
      case 768:
        return this.#view.getUint32(offset, littleEndian);
      default:
        return this.#view.getUint8(offset);
    }
  }
}

function samplesOf(datatype: number, length: number): SampleValues {
  switch (datatype) {
    case 2:
    case rgb:
      return new Uint8Array(length);
    case 4:
    case 256:
      return new Int16Array(length);
    case 512:
      return new Uint16Array(length);
    default:
      return new Float32Array(length);
  }
}
