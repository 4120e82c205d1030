import { corruptImage, ImageError } from '../image/image-error.js';
import type { Attributes } from './attributes.js';

const photometrics = [
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_ICT',
  'YBR_RCT',
] as const;

type Photometric = (typeof photometrics)[number];

/** The image pixel module (PS3.3, C.7.6.3). */
export interface PixelDescription {
  readonly columns: number;
  readonly rows: number;
  readonly frameCount: number;
  /** 1 or 3 */
  readonly samplesPerPixel: number;
  readonly photometric: Photometric;
  /** Colours one after the other instead of pixel by pixel. */
  readonly planar: boolean;
  /** 1, 8, 16 or 32 */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
}

/** Reads and checks what a data set says about its pixels. Throws `corrupt-image` and `unsupported-encoding`. */
export function describePixels(attributes: Attributes): PixelDescription {
  const first = (tag: string) => attributes.numbers(tag, 'unsigned')[0];
  const required = (tag: string, name: string) => {
    const value = first(tag);
    if (value === undefined || !Number.isInteger(value)) throw corruptImage('DICOM', `${name} is missing`);
    return value;
  };
  const rows = required('x00280010', 'Rows');
  const columns = required('x00280011', 'Columns');
  const bitsAllocated = required('x00280100', 'Bits Allocated');
  const bitsStored = first('x00280101') ?? bitsAllocated;
  const samplesPerPixel = first('x00280002') ?? 1;
  const photometric = photometricOf(attributes);
  if (![1, 8, 16, 32].includes(bitsAllocated)) {
    throw new ImageError(
      'unsupported-encoding',
      `The DICOM file has ${bitsAllocated} bits a sample; convert it to 1, 8, 16 or 32.`,
    );
  }
  if (!(bitsStored >= 1 && bitsStored <= bitsAllocated)) {
    throw corruptImage('DICOM', 'its bits a sample contradict each other');
  }
  if (samplesPerPixel !== (isColour(photometric) ? 3 : 1)) {
    throw corruptImage('DICOM', `${photometric} and ${samplesPerPixel} samples a pixel contradict each other`);
  }
  if (bitsAllocated === 1 && samplesPerPixel === 3) {
    throw new ImageError('unsupported-encoding', 'The DICOM file has 1 bit a colour; convert it to 8.');
  }
  return {
    rows,
    columns,
    frameCount: frameCountOf(attributes),
    samplesPerPixel,
    photometric,
    planar: first('x00280006') === 1,
    bitsAllocated,
    bitsStored,
    highBit: highBitOf(first('x00280102'), bitsStored, bitsAllocated),
    signed: first('x00280103') === 1,
  };
}

export function isColour(photometric: Photometric): boolean {
  return photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2' && photometric !== 'PALETTE COLOR';
}

/** One frame where the file gives no number or 0, as some single frames do. */
function frameCountOf(attributes: Attributes): number {
  if (attributes.text('x00280008') === undefined) return 1;
  const count = attributes.numbers('x00280008', 'text')[0] ?? Number.NaN;
  if (!Number.isInteger(count) || count < 0) throw corruptImage('DICOM', 'its number of frames is no integer');
  return Math.max(count, 1);
}

/** A high bit that cannot be is taken for the usual one: most readers never look at it. */
function highBitOf(value: number | undefined, bitsStored: number, bitsAllocated: number): number {
  const isPossible = value !== undefined && value + 1 >= bitsStored && value < bitsAllocated;
  return isPossible ? value : bitsStored - 1;
}

function photometricOf(attributes: Attributes): Photometric {
  const value = attributes.text('x00280004') ?? 'MONOCHROME2';
  const known = photometrics.find((name) => name === value);
  if (known) return known;
  throw new ImageError(
    'unsupported-encoding',
    `The DICOM file's photometric interpretation is not supported; use one of ${photometrics.join(', ')}.`,
  );
}
