import type { ImageMode } from '../decode/decoded-image.js';
import { corruptImage } from '../image-error.js';

const BIT_DEPTH_OFFSET = 24;
const COLOUR_TYPE_OFFSET = 25;

/**
 * The mode that a PNG's header states (PNG specification, 11.2.2). Transparency given by a single colour (tRNS of grey
 * and RGB files) is no alpha channel and is left out.
 */
export function pngMode(bytes: Uint8Array, hasAlpha: boolean): ImageMode {
  switch (bytes[COLOUR_TYPE_OFFSET]) {
    case 0:
      return bytes[BIT_DEPTH_OFFSET] === 1 ? 'bilevel' : 'grey';
    case 2:
      return 'rgb';
    case 3:
      return hasAlpha ? 'paletteAlpha' : 'palette';
    case 4:
      return 'greyAlpha';
    case 6:
      return 'rgba';
    default:
      throw corruptImage('PNG', 'its header names no colour type');
  }
}
