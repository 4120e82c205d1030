import { rangeWithoutMarkers } from '../image/window.js';
import { type GreyPixels, type GreyValues, isPadding, valueReader } from './grey-values.js';

/** Points a side of the grid that a picture is looked at on; enough for percentiles, and the same for any size. */
const gridSide = 256;
/** Background is darker than this share of the range of values ... */
const backgroundShare = 0.05;
/** ... which lies between these percentiles. */
const tailPercent = 0.5;
/** With less of the grid left than this share there is nothing but background, and all of it counts. */
const leastForeground = 0.01;

/**
 * The values of a picture without padding, background and burnt-in markers, ascending, of a grid of at most 256 x 256
 * points; empty where all is padding. Background is what is connected to the border of the picture through padding,
 * markers and the darkest twentieth of its range, such as the air around a body: dark parts inside stay, and a picture
 * without background loses at most its darkest twentieth.
 */
export function foregroundValues(values: GreyValues): Float64Array {
  const { pixels } = values;
  const grid = gridOf(values);
  const read = valueReader(pixels);
  const isPicture = Uint8Array.from(grid.codes, (code) => (isPadding(code, pixels) ? 0 : 1));
  const all = sortedValues(grid.codes, isPicture, read);
  if (all.length === 0) return all;
  const { low, high } = rangeWithoutMarkers(all);
  const isMarker = (code: number) => read(code) < low || read(code) > high;
  const isUnmarked = isPicture.map((is, i) => (is === 1 && !isMarker(grid.codes[i]!) ? 1 : 0));
  const inside = sortedValues(grid.codes, isUnmarked, read);
  const isDark = darkerThan(inside, pixels);
  const isPassable = Uint8Array.from(grid.codes, (code, i) => (isUnmarked[i] === 0 || isDark(read(code)) ? 1 : 0));
  const isBackground = connectedToBorder(isPassable, grid.columns);
  const isForeground = isUnmarked.map((is, i) => (is === 1 && isBackground[i] === 0 ? 1 : 0));
  const foreground = sortedValues(grid.codes, isForeground, read);
  return foreground.length < leastForeground * grid.codes.length ? inside : foreground;
}

/**
 * The value below which `percent` of ascending values lie, between neighbours in proportion. `values` must not be
 * empty.
 */
export function percentileOf(values: ArrayLike<number>, percent: number): number {
  const place = (percent / 100) * (values.length - 1);
  const below = Math.floor(place);
  const low = values[below]!;
  const high = values[Math.min(below + 1, values.length - 1)]!;
  return low + (place - below) * (high - low);
}

interface Grid {
  readonly codes: Uint16Array;
  readonly columns: number;
}

function gridOf({ width, height, stored }: GreyValues): Grid {
  const [columns, rows] = [Math.min(width, gridSide), Math.min(height, gridSide)];
  const codes = new Uint16Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const y = Math.floor(((row + 0.5) * height) / rows);
    for (let column = 0; column < columns; column++) {
      codes[row * columns + column] = stored[y * width + Math.floor(((column + 0.5) * width) / columns)]!;
    }
  }
  return { codes, columns };
}

function sortedValues(codes: Uint16Array, isWanted: Uint8Array, read: (code: number) => number): Float64Array {
  const wanted = Float64Array.from(
    codes.filter((_, i) => isWanted[i] === 1),
    read,
  );
  return wanted.sort();
}

/**
 * Whether a value is in the darkest part of a picture's range; the darkest values are the largest ones of an inverted
 * picture.
 */
function darkerThan(sorted: Float64Array, { inverted }: GreyPixels): (value: number) => boolean {
  const low = percentileOf(sorted, tailPercent);
  const high = percentileOf(sorted, 100 - tailPercent);
  // A little more, so that rounding does not decide about values that lie just there.
  const reach = (backgroundShare + 1e-6) * (high - low);
  return inverted ? (value) => value >= high - reach : (value) => value <= low + reach;
}

/** Which passable points of a grid are connected to its border by passable ones, side by side. */
function connectedToBorder(isPassable: Uint8Array, columns: number): Uint8Array {
  const rows = isPassable.length / columns;
  const found = new Uint8Array(isPassable.length);
  const waiting: number[] = [];
  const visit = (place: number) => {
    if (isPassable[place] === 0 || found[place] === 1) return;
    found[place] = 1;
    waiting.push(place);
  };
  for (let column = 0; column < columns; column++) {
    visit(column);
    visit((rows - 1) * columns + column);
  }
  for (let row = 0; row < rows; row++) {
    visit(row * columns);
    visit(row * columns + columns - 1);
  }
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const column = place % columns;
    if (column > 0) visit(place - 1);
    if (column < columns - 1) visit(place + 1);
    if (place >= columns) visit(place - columns);
    if (place < (rows - 1) * columns) visit(place + columns);
  }
  return found;
}
