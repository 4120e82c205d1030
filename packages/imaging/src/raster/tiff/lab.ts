import type { SampleValues } from '../samples.js';

/** White of CIE D50, to which Lab of TIFF refers. */
const WHITE = [0.9642, 1, 0.8249] as const;
/** XYZ of D50 to linear sRGB, adapted by Bradford's matrix (ICC.1, annex E). */
const TO_RGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;
const LINEAR_BELOW = 6 / 29;

/** Places of the table along each of L*, a* and b*. */
const TABLE_SIDE = 33;
/** Steps in the table for one more of the first, second and third value. */
const STEPS = [TABLE_SIDE * TABLE_SIDE * 3, TABLE_SIDE * 3, 3] as const;

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
      const place = (value * (TABLE_SIDE - 1)) / 255;
      const lowest = Math.min(Math.floor(place), TABLE_SIDE - 2);
      corner += lowest * STEPS[axis]!;
      // From the corner of the cell along the axes, that of the largest rest first.
      let rank = axis;
      for (; rank > 0 && rests[rank - 1]! < place - lowest; rank--) {
        rests[rank] = rests[rank - 1]!;
        steps[rank] = steps[rank - 1]!;
      }
      rests[rank] = place - lowest;
      steps[rank] = STEPS[axis]!;
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
  const table = new Float64Array(TABLE_SIDE * STEPS[0]);
  const last = TABLE_SIDE - 1;
  let end = 0;
  for (let l = 0; l <= last; l++) {
    for (let a = 0; a <= last; a++) {
      for (let b = 0; b <= last; b++) {
        const y = ((l * 100) / last + 16) / 116;
        const x = y + ((a * 255) / last - 128) / 500;
        const z = y - ((b * 255) / last - 128) / 200;
        const xyz = [WHITE[0] * uncompanded(x), WHITE[1] * uncompanded(y), WHITE[2] * uncompanded(z)] as const;
        for (const row of TO_RGB) table[end++] = gamma(row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]);
      }
    }
  }
  madeTable = table;
  return table;
}

function uncompanded(value: number): number {
  return value > LINEAR_BELOW ? value ** 3 : 3 * LINEAR_BELOW ** 2 * (value - 4 / 29);
}

function gamma(linear: number): number {
  const clamped = Math.min(Math.max(linear, 0), 1);
  return 255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055);
}
