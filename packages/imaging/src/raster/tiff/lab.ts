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

/** sRGB of 8-bit CIE L*a*b*: L* of 0..255 is 0..100, a* and b* are signed (TIFF 6.0, section 23). */
export function labColours(lab: SampleValues): Uint8Array {
  const colours = new Uint8Array(lab.length);
  for (let i = 0; i < lab.length; i += 3) {
    const y = ((lab[i]! * 100) / 255 + 16) / 116;
    const x = y + signed(lab[i + 1]!) / 500;
    const z = y - signed(lab[i + 2]!) / 200;
    const xyz = [WHITE[0] * uncompanded(x), WHITE[1] * uncompanded(y), WHITE[2] * uncompanded(z)] as const;
    TO_RGB.forEach((row, channel) => {
      colours[i + channel] = gamma(row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]);
    });
  }
  return colours;
}

function signed(value: number): number {
  return value > 127 ? value - 256 : value;
}

function uncompanded(value: number): number {
  return value > LINEAR_BELOW ? value ** 3 : 3 * LINEAR_BELOW ** 2 * (value - 4 / 29);
}

function gamma(linear: number): number {
  const clamped = Math.min(Math.max(linear, 0), 1);
  return Math.round(255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055));
}
