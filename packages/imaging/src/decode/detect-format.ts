import { fileTypeFromBuffer } from 'file-type';
import { isDicom } from '../dicom/part10.js';
import { ImageError } from '../image/image-error.js';
import { isNifti } from '../nifti/nifti-header.js';

export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'tiff' | 'bmp' | 'gif' | 'dicom' | 'nifti';

const formatOfMediaType: Readonly<Record<string, ImageFormat>> = {
  'image/png': 'png',
  'image/apng': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/tiff': 'tiff',
  'image/bmp': 'bmp',
  'image/gif': 'gif',
  'application/dicom': 'dicom',
};

/**
 * Tells a format by content. DICOM goes first, for its preamble may be another format's header (PS3.10, 7.1).
 * Throws `unsupported-format` for everything that is not decoded here.
 */
export async function detectFormat(bytes: Uint8Array): Promise<ImageFormat> {
  if (isDicom(bytes)) return 'dicom';
  if (isNifti(bytes)) return 'nifti';
  const type = await fileTypeFromBuffer(bytes);
  const format = type && formatOfMediaType[type.mime];
  if (format) return format;
  throw new ImageError(
    'unsupported-format',
    `The file is ${type ? `of type ${type.mime}` : 'of no known image type'}, which is not supported; send PNG, JPEG, WebP, TIFF, BMP, GIF, DICOM or NIfTI.`,
  );
}
