import dicomParser, { type DataSet } from 'dicom-parser';
import { corruptImage, ImageError } from '../image/image-error.js';

/**
 * The data set of a DICOM file. Throws `corrupt-image`; what dicom-parser says is not passed on, for it may quote
 * values of the file.
 */
export function parseDicom(bytes: Uint8Array): DataSet {
  try {
    return dicomParser.parseDicom(bytes, { inflater: refuseDeflated });
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw corruptImage('DICOM', 'its elements cannot be read');
  }
}

/** Deflated files are refused before a few bytes can grow to any size. */
function refuseDeflated(): never {
  throw new ImageError(
    'unsupported-encoding',
    'The DICOM file is deflated, which is not supported; save it without deflation.',
  );
}
