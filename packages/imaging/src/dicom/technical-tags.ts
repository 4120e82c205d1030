/** The only tags of a DICOM file that survive decoding: numbers and known codes, never free text (PS3.15, annex E). */
export interface TechnicalTags {
  readonly transferSyntax: string;
  /** A defined term of PS3.3, C.7.3.1.1.1, such as `CT` or `MR`; left out when the file gives none of them. */
  readonly modality?: string;
  readonly photometricInterpretation: string;
  readonly bitsStored: number;
  readonly signed: boolean;
  /** Distance of pixel centres in millimetres, between rows and between columns. */
  readonly pixelSpacingMm?: readonly [number, number];
  readonly sliceThicknessMm?: number;
}
