import type { SampleValues } from '../samples.js';

/** White of CIE D50, to which Lab of TIFF refers. */
const white = [0.9642, 1, 0.8249] as const;
/** XYZ of D50 to linear sRGB, adapted by Bradford's matrix (ICC.1, annex E). */
const toRgb = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;
const linearBelow = 6 / 29;

/** Places of the table along each of L*, a* and b*. */
const tableSide = 33;
/** Steps in the table for one more of the first, second and third value. */
const tableSteps = [tableSide * tableSide * 3, tableSide * 3, 3] as const;

/**
 * sRGB of 8-bit CIE L*a*b*, three values a pixel: L* of 0..255 is 0..100, a* and b* are signed (TIFF 6.0, section 23).
 * As LittleCMS, and so Pillow, converts 8-bit pixels: by tetrahedral interpolation in a table of 33 places a side
 * (within 1). That differs from the formula by up to 9 in photographs, and by more at the edge of what sRGB can show.
 */
export function labColours(lab: SampleValues): Uint8Array {
  const table = labTable();
  const colours = new Uint8Array(lab.length);
  const rests = new Float64Array(3);
  const steps = new Int32Array(3);
  for (let i = 0; i < lab.length; i += 3) {
    let corner = 0;
    for (let axis = 0; axis < 3; axis++) {
      const value = axis === 0 ? lab[i]! : (lab[i + axis]! + 128) & 255;
      const place = (value * (tableSide - 1)) / 255;
      const lowest = Math.min(Math.floor(place), tableSide - 2);
      corner += lowest * tableSteps[axis]!;
      // From the corner of the cell along the axes, that of the largest rest first.
      let rank = axis;
      for (; rank > 0 && rests[rank - 1]! < place - lowest; rank--) {
        rests[rank] = rests[rank - 1]!;
        steps[rank] = steps[rank - 1]!;
      }
      rests[rank] = place - lowest;
      steps[rank] = tableSteps[axis]!;
    }
    for (let channel = 0; channel < 3; channel++) {
      let at = corner + channel;
      let value = table[at]!;
      for (let rank = 0; rank < 3; rank++) {
        const next = at + steps[rank]!;
        value += rests[rank]! * (table[next]! - table[at]!);
        at = next;
      }
      colours[i + channel] = Math.round(value);
    }
  }
  return colours;
}

let madeTable: Float64Array | undefined;

/** RGB of 0 to 255 at evenly spaced L* of 0 to 100, a* and b* of -128 to 127. */
function labTable(): Float64Array {
  if (madeTable) return madeTable;
  const table = new Float64Array(tableSide * tableSteps[0]);
  const last = tableSide - 1;
  let end = 0;
  for (let l = 0; l <= last; l++) {
    for (let a = 0; a <= last; a++) {
      for (let b = 0; b <= last; b++) {
        const y = ((l * 100) / last + 16) / 116;
        const x = y + ((a * 255) / last - 128) / 500;
        const z = y - ((b * 255) / last - 128) / 200;
        const xyz = [white[0] * uncompanded(x), white[1] * uncompanded(y), white[2] * uncompanded(z)] as const;
        for (const row of toRgb) table[end++] = gamma(row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]);
      }
    }
  }
  madeTable = table;
  return table;
}

function uncompanded(value: number): number {
  return value > linearBelow ? value ** 3 : 3 * linearBelow ** 2 * (value - 4 / 29);
}

function gamma(linear: number): number {
  const clamped = Math.min(Math.max(linear, 0), 1);
  return 255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055);
}
