import type { DataSet } from 'dicom-parser';
import { corruptImage, ImageError } from '../image/image-error.js';
import { type TransferSyntax, transferSyntaxOf } from './transfer-syntax.js';

export const PIXEL_DATA = 'x7fe00010';

const PHOTOMETRICS = [
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_ICT',
  'YBR_RCT',
] as const;

type Photometric = (typeof PHOTOMETRICS)[number];

/** The image pixel module (PS3.3, C.7.6.3). */
export interface PixelDescription {
  readonly transferSyntax: TransferSyntax;
  readonly columns: number;
  readonly rows: number;
  readonly frameCount: number;
  /** 1 or 3 */
  readonly samplesPerPixel: number;
  readonly photometric: Photometric;
  /** Colours one after the other instead of pixel by pixel. */
  readonly planar: boolean;
  /** 8, 16 or 32 */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
}

/**
 * Reads and checks what a data set says about its pixels.
 * Errors: `no-pixels`, `corrupt-image` and `unsupported-encoding`.
 */
export function describePixels(dataSet: DataSet): PixelDescription {
  if (!dataSet.elements[PIXEL_DATA]) {
    throw new ImageError('no-pixels', 'The DICOM file holds no integer pixels; send an image object.');
  }
  const transferSyntax = transferSyntaxOf(dataSet.string('x00020010') ?? '');
  const rows = required(dataSet, 'x00280010', 'Rows');
  const columns = required(dataSet, 'x00280011', 'Columns');
  const bitsAllocated = required(dataSet, 'x00280100', 'Bits Allocated');
  const bitsStored = dataSet.uint16('x00280101') ?? bitsAllocated;
  const highBit = dataSet.uint16('x00280102') ?? bitsStored - 1;
  const samplesPerPixel = dataSet.uint16('x00280002') ?? 1;
  const frameCount = dataSet.intString('x00280008') ?? 1;
  const photometric = photometricOf(dataSet);
  if (![8, 16, 32].includes(bitsAllocated)) {
    throw new ImageError(
      'unsupported-encoding',
      `The DICOM file has ${bitsAllocated} bits a sample; convert it to 8, 16 or 32.`,
    );
  }
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit + 1 < bitsStored || highBit >= bitsAllocated) {
    throw corruptImage('DICOM', 'its bits a sample contradict each other');
  }
  if (!(frameCount >= 1)) throw corruptImage('DICOM', 'its number of frames is no positive integer');
  const isColour = photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2' && photometric !== 'PALETTE COLOR';
  if (samplesPerPixel !== (isColour ? 3 : 1)) {
    throw corruptImage('DICOM', `${photometric} and ${samplesPerPixel} samples a pixel contradict each other`);
  }
  if (isColour && bitsAllocated !== 8) {
    throw new ImageError('unsupported-encoding', 'The DICOM file has deep colours; convert it to 8 bits a colour.');
  }
  return {
    transferSyntax,
    columns,
    rows,
    frameCount,
    samplesPerPixel,
    photometric,
    planar: dataSet.uint16('x00280006') === 1,
    bitsAllocated,
    bitsStored,
    highBit,
    signed: dataSet.uint16('x00280103') === 1,
  };
}

function photometricOf(dataSet: DataSet): Photometric {
  const value = dataSet.string('x00280004') ?? 'MONOCHROME2';
  const known = PHOTOMETRICS.find((name) => name === value);
  if (known) return known;
  throw new ImageError(
    'unsupported-encoding',
    `The DICOM file's photometric interpretation is not supported; use one of ${PHOTOMETRICS.join(', ')}.`,
  );
}

function required(dataSet: DataSet, tag: string, name: string): number {
  const value = dataSet.uint16(tag);
  if (value === undefined) throw corruptImage('DICOM', `${name} is missing`);
  return value;
}
