import { resolveLimits } from '../image/limits.js';
import { plainJpeg } from '../raster/jpeg.js';
import { vipsHeader } from '../raster/vips.js';
import { plainBmpFile } from './plain-bmp-file.js';
import { plainGifFile } from './plain-gif-file.js';
import { plainJpegFile } from './plain-jpeg-file.js';
import { plainPngFile } from './plain-png-file.js';
import { plainTiffFile } from './plain-tiff-file.js';
import { plainWebpFile } from './plain-webp-file.js';

/** Formats whose files are kept as they are encoded. */
export type KeptFormat = 'png' | 'jpeg' | 'webp' | 'tiff' | 'bmp' | 'gif';

/**
 * A file that was decoded without error, without what it says besides its picture: EXIF, XMP, IPTC, texts, comments,
 * small previews, tags of applications, and bytes that belong to nothing. Nothing is encoded anew: it decodes to the
 * same pixels, and which way is up stays in it. Colour profiles stay in PNG, JPEG and WebP.
 */
export async function withoutMetadata(bytes: Uint8Array, format: KeptFormat): Promise<Uint8Array> {
  switch (format) {
    case 'jpeg':
      return plainJpegFile(bytes, await orientationOf(plainJpeg(bytes), 'JPEG'));
    case 'png':
      return plainPngFile(bytes, await orientationOf(bytes, 'PNG'));
    case 'webp':
      return plainWebpFile(bytes, await orientationOf(bytes, 'WebP'));
    case 'gif':
      return plainGifFile(bytes);
    case 'tiff':
      return plainTiffFile(bytes);
    case 'bmp':
      return plainBmpFile(bytes);
  }
}

/** As the decoder sees it. */
async function orientationOf(bytes: Uint8Array, format: string): Promise<number> {
  return (await vipsHeader({ bytes, format }, resolveLimits())).orientation ?? 1;
}
