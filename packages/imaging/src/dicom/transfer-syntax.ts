import { ImageError } from '../image/image-error.js';

/** How the frames of a transfer syntax are stored; streams of the JPEG family say themselves which of it they are. */
export type FrameCoding = 'none' | 'deflate' | 'rle' | 'jpegFamily';

/** The transfer syntaxes that are decoded here (PS3.5, annex A), by UID. */
const codings: Readonly<Record<string, FrameCoding>> = {
  '1.2.840.10008.1.2': 'none',
  '1.2.840.10008.1.2.1': 'none',
  '1.2.840.10008.1.2.1.98': 'none',
  '1.2.840.10008.1.2.1.99': 'none',
  '1.2.840.10008.1.2.2': 'none',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.8.1': 'deflate',
  '1.2.840.10008.1.2.4.50': 'jpegFamily',
  '1.2.840.10008.1.2.4.51': 'jpegFamily',
  '1.2.840.10008.1.2.4.53': 'jpegFamily',
  '1.2.840.10008.1.2.4.55': 'jpegFamily',
  '1.2.840.10008.1.2.4.57': 'jpegFamily',
  '1.2.840.10008.1.2.4.70': 'jpegFamily',
  '1.2.840.10008.1.2.4.80': 'jpegFamily',
  '1.2.840.10008.1.2.4.81': 'jpegFamily',
  '1.2.840.10008.1.2.4.90': 'jpegFamily',
  '1.2.840.10008.1.2.4.91': 'jpegFamily',
  '1.2.840.10008.1.2.4.201': 'jpegFamily',
  '1.2.840.10008.1.2.4.202': 'jpegFamily',
  '1.2.840.10008.1.2.4.203': 'jpegFamily',
};

/** Syntaxes whose compression may change values. */
const lossy = ['50', '51', '53', '55', '81', '91', '203'].map((end) => `1.2.840.10008.1.2.4.${end}`);

export function isLossySyntax(transferSyntax: string): boolean {
  return lossy.includes(transferSyntax);
}

/** What is not decoded, by the beginning of its UID. */
const unsupported: readonly (readonly [start: string, name: string])[] = [
  ['1.2.840.10008.1.2.4.92', 'JPEG 2000 part 2'],
  ['1.2.840.10008.1.2.4.93', 'JPEG 2000 part 2'],
  ['1.2.840.10008.1.2.4.94', 'JPIP, which refers to pixels elsewhere'],
  ['1.2.840.10008.1.2.4.95', 'JPIP, which refers to pixels elsewhere'],
  ['1.2.840.10008.1.2.4.100', 'MPEG-2 video'],
  ['1.2.840.10008.1.2.4.101', 'MPEG-2 video'],
  ['1.2.840.10008.1.2.4.102', 'H.264 video'],
  ['1.2.840.10008.1.2.4.103', 'H.264 video'],
  ['1.2.840.10008.1.2.4.104', 'H.264 video'],
  ['1.2.840.10008.1.2.4.105', 'H.264 video'],
  ['1.2.840.10008.1.2.4.106', 'H.264 video'],
  ['1.2.840.10008.1.2.4.107', 'H.265 video'],
  ['1.2.840.10008.1.2.4.108', 'H.265 video'],
  ['1.2.840.10008.1.2.4.110', 'JPEG XL'],
  ['1.2.840.10008.1.2.4.111', 'JPEG XL'],
  ['1.2.840.10008.1.2.4.112', 'JPEG XL'],
  ['1.2.840.10008.1.2.4.204', 'JPIP, which refers to pixels elsewhere'],
  ['1.2.840.10008.1.2.4.205', 'JPIP, which refers to pixels elsewhere'],
  ['1.2.840.10008.1.2.4.5', 'a retired JPEG process'],
  ['1.2.840.10008.1.2.4.6', 'a retired JPEG process'],
];

/** Throws `unsupported-encoding`, which names the encoding, for a transfer syntax that is not decoded here. */
export function frameCodingOf(transferSyntax: string): FrameCoding {
  const coding = codings[transferSyntax];
  if (coding) return coding;
  const name = unsupported.find(([start]) => transferSyntax.startsWith(start))?.[1];
  // Anything but digits and dots is no UID and may be text about a person.
  const shown = /^[\d.]{1,64}$/.test(transferSyntax) ? transferSyntax : 'of no valid UID';
  throw new ImageError(
    'unsupported-encoding',
    `The DICOM transfer syntax ${shown}${name ? ` (${name})` : ''} is not supported; ` +
      'convert to uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000.',
  );
}
