import type { Raster } from '../resize/raster.js';
import { digitGlyphs, glyphHeight, glyphWidth } from './digit-glyphs.js';

type Colour = readonly [number, number, number];

/** An RGB picture that is drawn on in place; everything outside of it is cut off. */
export class Canvas {
  /** `[height, width, 3]` */
  readonly data: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Colour,
  ) {
    this.data = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  setPixel(x: number, y: number, [red, green, blue]: Colour): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y * this.width + x) * 3;
    this.data[at] = red;
    this.data[at + 1] = green;
    this.data[at + 2] = blue;
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.setPixel(x, y, colour);
    }
  }

  /** Puts an RGB picture with its upper left corner at the given place. */
  place(picture: Raster, left: number, top: number): void {
    for (let y = 0; y < picture.height; y++) {
      const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
      this.data.set(row, ((top + y) * this.width + left) * 3);
    }
  }

  /** The outline of a box, `thickness` pixels to the inside. */
  outline(left: number, top: number, width: number, height: number, thickness: number, colour: Colour): void {
    this.fill(left, top, width, thickness, colour);
    this.fill(left, top + height - thickness, width, thickness, colour);
    this.fill(left, top, thickness, height, colour);
    this.fill(left + width - thickness, top, thickness, height, colour);
  }

  /**
   * Writes a number (digits and `.`) with its upper left corner at the given place, enlarged `scale` times.
   */
  writeNumber(text: string, left: number, top: number, scale: number, colour: Colour): void {
    [...text].forEach((character, i) => {
      const rows = digitGlyphs[character];
      if (!rows) throw new RangeError(`There is no glyph for "${character}"; this is a bug.`);
      for (let row = 0; row < glyphHeight; row++) {
        for (let column = 0; column < glyphWidth; column++) {
          if (rows[row]![column] !== '#') continue;
          const x = left + (i * (glyphWidth + 1) + column) * scale;
          this.fill(x, top + row * scale, scale, scale, colour);
        }
      }
    });
  }
}
