import { corruptImage } from '../../image/image-error.js';
import { type Codestream, uint16 } from './codestream.js';
import { readJpeg } from './jpeg-stream.js';
import { readJpeg2000 } from './jpeg2000-stream.js';

/**
 * Reads the header of a stream of the JPEG family, whichever it is, and finds its end. Throws `corrupt-image`, also
 * where the end mark is missing, and `unsupported-encoding` with the name of a process that is not decoded.
 */
export function readCodestream(bytes: Uint8Array): Codestream {
  const start = uint16(bytes, 0);
  if (start === 0xffd8) return readJpeg(bytes);
  if (start === 0xff4f || start === 0) return readJpeg2000(bytes);
  throw corruptImage('DICOM', 'a frame is no JPEG stream');
}
