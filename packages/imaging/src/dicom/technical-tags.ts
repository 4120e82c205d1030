import type { DataSet } from 'dicom-parser';
import { frameAttributes } from './frame-attributes.js';
import type { PixelDescription } from './pixel-description.js';

/** Defined terms of Modality (PS3.3, C.7.3.1.1.1) under which images are stored. */
const MODALITIES = [
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

const PIXEL_MEASURES = 'x00289110';

export function technicalTags(dataSet: DataSet, pixels: PixelDescription, frame: number): TechnicalTags {
  const modality = MODALITIES.find((term) => term === dataSet.string('x00080060'));
  const measures = frameAttributes(dataSet, PIXEL_MEASURES, frame);
  const [rowSpacing, columnSpacing, thickness] = [
    measures.floatString('x00280030', 0),
    measures.floatString('x00280030', 1),
    measures.floatString('x00180050'),
  ];
  return {
    transferSyntax: pixels.transferSyntax.uid,
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
