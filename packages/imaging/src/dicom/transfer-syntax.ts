import { ImageError } from '../image/image-error.js';

type PixelCodec = 'none' | 'rle' | 'jpeg' | 'jpegLossless' | 'jpegLs' | 'jpeg2000';

export interface TransferSyntax {
  readonly uid: string;
  readonly codec: PixelCodec;
  readonly bigEndian: boolean;
}

/** The transfer syntaxes that are decoded here (PS3.5, annex A), by UID. */
const CODEC_OF: Readonly<Record<string, PixelCodec>> = {
  '1.2.840.10008.1.2': 'none',
  '1.2.840.10008.1.2.1': 'none',
  '1.2.840.10008.1.2.2': 'none',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.4.50': 'jpeg',
  '1.2.840.10008.1.2.4.51': 'jpeg',
  '1.2.840.10008.1.2.4.57': 'jpegLossless',
  '1.2.840.10008.1.2.4.70': 'jpegLossless',
  '1.2.840.10008.1.2.4.80': 'jpegLs',
  '1.2.840.10008.1.2.4.81': 'jpegLs',
  '1.2.840.10008.1.2.4.90': 'jpeg2000',
  '1.2.840.10008.1.2.4.91': 'jpeg2000',
};

const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

/** Throws `unsupported-encoding` for a transfer syntax that is not decoded here. */
export function transferSyntaxOf(uid: string): TransferSyntax {
  const codec = CODEC_OF[uid];
  if (codec) return { uid, codec, bigEndian: uid === EXPLICIT_BIG_ENDIAN };
  // Anything but digits and dots is no UID and may be text about a person.
  const shown = /^[\d.]{1,64}$/.test(uid) ? uid : 'of no valid UID';
  throw new ImageError(
    'unsupported-encoding',
    `The DICOM transfer syntax ${shown} is not supported; convert to uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000.`,
  );
}
