import type { DataSet } from 'dicom-parser';
import { corruptImage } from '../image/image-error.js';
import { stretchNote, type ValueWindow, windowedGrey } from '../image/window.js';
import { frameAttributes, item } from './frame-attributes.js';
import { lookUp, readLookupTable } from './lookup-table.js';

const FRAME_VOI_LUT = 'x00289132';
const VOI_LUT = 'x00283010';
const WINDOW_CENTER = 'x00281050';
const WINDOW_WIDTH = 'x00281051';
const WINDOW_FUNCTION = 'x00281056';

/** How values become greys: by what the file says is of interest, else by their own range. */
export interface GreyMapping {
  /** 0..255 for a value in the modality's unit. */
  readonly grey: (value: number) => number;
  readonly note: string;
}

/**
 * The file's first window, else its first table, else the stretch of `range` to 0..255 (PS3.3, C.11.2).
 * `signed` says whether the values that enter a table may be negative. Throws `corrupt-image`.
 */
export function greyMapping(dataSet: DataSet, frame: number, signed: boolean, range: () => ValueWindow): GreyMapping {
  const attributes = frameAttributes(dataSet, FRAME_VOI_LUT, frame);
  const centre = attributes.floatString(WINDOW_CENTER);
  const width = attributes.floatString(WINDOW_WIDTH);
  if (centre !== undefined && width !== undefined) {
    const name = attributes.string(WINDOW_FUNCTION) ?? 'LINEAR';
    return { grey: windowFunction(name, centre, width), note: `window of centre ${centre} and width ${width}` };
  }
  const table = item(dataSet, VOI_LUT, 0);
  if (table) {
    const lut = readLookupTable(table, 'x00283002', 'x00283006', signed);
    const largest = 2 ** lut.bitsPerEntry - 1;
    return {
      grey: (value) => Math.min(Math.round((lookUp(lut, value) * 255) / largest), 255),
      note: 'window table of the file',
    };
  }
  const window = range();
  return { grey: (value) => windowedGrey(value, window), note: stretchNote(window) };
}

/** PS3.3, C.11.2.1.2 and C.11.2.1.3. */
function windowFunction(name: string, centre: number, width: number): (value: number) => number {
  const isSound = Number.isFinite(centre) && Number.isFinite(width) && (name === 'LINEAR' ? width >= 1 : width > 0);
  if (!isSound) throw corruptImage('DICOM', 'its window is empty');
  switch (name) {
    case 'LINEAR': {
      if (width === 1) return (value) => (value <= centre - 0.5 ? 0 : 255);
      const window = { low: centre - 0.5 - (width - 1) / 2, high: centre - 0.5 + (width - 1) / 2 };
      return (value) => windowedGrey(value, window);
    }
    case 'LINEAR_EXACT': {
      const window = { low: centre - width / 2, high: centre + width / 2 };
      return (value) => windowedGrey(value, window);
    }
    case 'SIGMOID':
      return (value) => Math.round(255 / (1 + Math.exp((-4 * (value - centre)) / width)));
    default:
      throw corruptImage('DICOM', 'its window function has no known name');
  }
}
