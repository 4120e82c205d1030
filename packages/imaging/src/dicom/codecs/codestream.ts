import { corruptImage } from '../../image/image-error.js';

export type StreamKind = 'jpeg' | 'jpegLossless' | 'jpegLs' | 'jpeg2000';

/** What a compressed frame says about itself. */
export interface Codestream {
  readonly kind: StreamKind;
  /** From the start mark to the end mark; what lies behind is padding, whatever its bytes. */
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bitsPerSample: number;
  /** What a mark of a JPEG stream says of its colours; undefined where it has none. */
  readonly colours?: 'rgb' | 'ycbcr' | undefined;
}

/** Throws `corrupt-image` behind the end. */
export function byteAt(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw corruptImage('DICOM', 'the end of a compressed frame is missing');
  return byte;
}

export function uint16(bytes: Uint8Array, offset: number): number {
  return byteAt(bytes, offset) * 0x100 + byteAt(bytes, offset + 1);
}

export function uint32(bytes: Uint8Array, offset: number): number {
  return uint16(bytes, offset) * 0x10000 + uint16(bytes, offset + 2);
}
