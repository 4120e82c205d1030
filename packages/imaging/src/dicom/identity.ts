import { readDataSet } from './read-data-set.js';

/**
 * What tells a DICOM file from all others, and what kind of object it is. Nothing of it is kept unless somebody asks
 * for it.
 */
export interface DicomIdentity {
  readonly sopClassUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly studyUid: string | undefined;
  readonly seriesUid: string | undefined;
  readonly manufacturer: string | undefined;
  readonly seriesDescription: string | undefined;
  readonly hasPixels: boolean;
}

/** Reads a file (PS3.10) up to its pixels. Throws `corrupt-image` and `too-many-bytes`. */
export function dicomIdentity(file: Uint8Array, maximumBytes: number): DicomIdentity {
  const { attributes, pixels } = readDataSet(file, maximumBytes);
  return {
    sopClassUid: attributes.text('x00080016'),
    sopInstanceUid: attributes.text('x00080018'),
    studyUid: attributes.text('x0020000d'),
    seriesUid: attributes.text('x0020000e'),
    manufacturer: attributes.text('x00080070'),
    seriesDescription: attributes.text('x0008103e'),
    hasPixels: pixels !== undefined,
  };
}
