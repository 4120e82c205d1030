import { packedTable } from '../greys/file-interest.js';
import type { FileWindow, GreyPixels } from '../greys/grey-values.js';
import type { Attributes } from './attributes.js';
import type { FrameAttributes } from './frame-attributes.js';
import { tableOfSequence } from './lookup-table.js';

const frameVoiLut = 'x00289132';
const voiLut = 'x00283010';
const windowCentre = 'x00281050';
const windowWidth = 'x00281051';
const windowFunction = 'x00281056';

/** What a file says is of interest in a frame; neither where it says nothing. */
export type ValuesOfInterest = Pick<GreyPixels, 'window' | 'table'>;

/**
 * What the file says is of interest in a frame: its first window, else its first table (PS3.3, C.11.2). A window
 * without a positive width is none. `signed` says whether the values that enter a table may be negative, for the
 * descriptor's sign is theirs. Throws `corrupt-image` for a table that is cut short.
 */
export function valuesOfInterest(frames: FrameAttributes, frame: number, signed: boolean): ValuesOfInterest {
  const own = frames.of(frameVoiLut, frame);
  const window = windowOf(own);
  return window ? { window } : tableOf(own, signed);
}

/** Functions without a known name are linear. */
function windowOf(attributes: Attributes): FileWindow | undefined {
  const centre = attributes.numbers(windowCentre, 'text')[0];
  const width = attributes.numbers(windowWidth, 'text')[0];
  if (centre === undefined || width === undefined || !Number.isFinite(centre) || !(width > 0)) return undefined;
  if (width === Number.POSITIVE_INFINITY) return undefined;
  const name = attributes.text(windowFunction);
  return { centre, width, function: name === 'SIGMOID' || name === 'LINEAR_EXACT' ? name : 'LINEAR' };
}

function tableOf(attributes: Attributes, signed: boolean): ValuesOfInterest {
  const table = tableOfSequence(attributes, voiLut, signed);
  if (!table) return {};
  const largest = 2 ** table.bitsPerEntry - 1;
  const greys = Uint8Array.from(table.entries, (entry) => Math.min(Math.round((entry * 255) / largest), 255));
  return { table: packedTable(table.firstValue, greys) };
}
