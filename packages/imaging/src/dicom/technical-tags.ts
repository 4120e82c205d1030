import type { Attributes } from './attributes.js';
import type { FrameAttributes } from './frame-attributes.js';
import type { PixelDescription } from './pixel-description.js';

/** Defined terms of Modality (PS3.3, C.7.3.1.1.1) under which images are stored. */
const modalities = [
  ...['BI', 'BMD', 'CR', 'CT', 'DG', 'DMS', 'DX', 'ECG', 'EPS', 'ES', 'GM', 'HD', 'IO', 'IVOCT', 'IVUS', 'LS', 'MG'],
  ...['MR', 'NM', 'OCT', 'OP', 'OPT', 'OPTBSV', 'OPTENF', 'OPV', 'OSS', 'OT', 'PT', 'PX', 'RF', 'RG', 'RTIMAGE'],
  ...['SEG', 'SM', 'TG', 'US', 'VA', 'XA', 'XC'],
];

/** The only tags of a DICOM file that survive decoding: numbers and known codes, never free text (PS3.15, annex E). */
export interface TechnicalTags {
  readonly transferSyntax: string;
  /** A defined term such as `CT` or `MR`; left out when the file gives none of them. */
  readonly modality?: string;
  readonly photometricInterpretation: string;
  readonly bitsStored: number;
  readonly signed: boolean;
  /** Distance of pixel centres in millimetres, between rows and between columns. */
  readonly pixelSpacingMm?: readonly [number, number];
  readonly sliceThicknessMm?: number;
}

const pixelMeasures = 'x00289110';

/** The tags of a frame; spacings that are no lengths, or not two, are left out. */
export function technicalTags(
  transferSyntax: string,
  attributes: Attributes,
  frames: FrameAttributes,
  pixels: PixelDescription,
  frame: number,
): TechnicalTags {
  const modality = modalities.find((term) => term === attributes.text('x00080060'));
  const measures = frames.of(pixelMeasures, frame);
  const [rowSpacing, columnSpacing] = measures.numbers('x00280030', 'text');
  const [thickness] = measures.numbers('x00180050', 'text');
  return {
    transferSyntax,
    ...(modality === undefined ? {} : { modality }),
    photometricInterpretation: pixels.photometric,
    bitsStored: pixels.bitsStored,
    signed: pixels.signed,
    ...(isLength(rowSpacing) && isLength(columnSpacing) ? { pixelSpacingMm: [rowSpacing, columnSpacing] } : {}),
    ...(isLength(thickness) ? { sliceThicknessMm: thickness } : {}),
  };
}

function isLength(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}
