const bt601 = [0.299, 0.587, 0.114] as const;
const fullRange = [0, 255, 128, 255, 128, 255] as const;
const fixedPointBits = 16;
const one = 2 ** fixedPointBits;
const half = one / 2;

export interface YcbcrTags {
  /** Shares of red, green and blue in Y; BT.601 if absent. */
  readonly coefficients: readonly number[] | undefined;
  /** Black and white of Y, Cb and Cr; the full range if absent. */
  readonly range: readonly number[] | undefined;
  /** Whether the tags count, or BT.601 at full range whatever they say. */
  readonly byTags: boolean;
}

/**
 * RGB of interleaved Y, Cb, Cr of 8 bits (TIFF 6.0, sections 20 and 21), in the integer arithmetic of the libraries
 * that the reference uses: libtiff's by the tags, Pillow's otherwise.
 */
export function ycbcrColours(ycbcr: Uint8Array, tags: YcbcrTags): { colours: Uint8Array; notes: readonly string[] } {
  const table = tags.byTags ? tableByTags(tags) : tableOfPillow();
  const colours = new Uint8Array(ycbcr.length);
  for (let i = 0; i < ycbcr.length; i += 3) {
    const y = table.luma[ycbcr[i]!]!;
    const cb = ycbcr[i + 1]!;
    const cr = ycbcr[i + 2]!;
    colours[i] = clamp(y + (table.redOfCr[cr]! >> table.shift));
    colours[i + 1] = clamp(y + ((table.greenOfCb[cb]! + table.greenOfCr[cr]!) >> table.shift));
    colours[i + 2] = clamp(y + (table.blueOfCb[cb]! >> table.shift));
  }
  const differs = tags.coefficients?.some((value, i) => Math.abs(value - bt601[i]!) > 0.002) ?? false;
  return {
    colours,
    notes: differs && !tags.byTags ? ['colours were converted by BT.601; the file names other shares'] : [],
  };
}

/** Y, Cb and Cr of each pixel from rows of data units: `across * down` Y, then Cb, then Cr. */
export function separatedUnits(
  units: Uint8Array,
  { across, down, width, height }: { across: number; down: number; width: number; height: number },
): Uint8Array {
  const unitBytes = across * down + 2;
  const rowBytes = Math.ceil(width / across) * unitBytes;
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / down) * rowBytes;
    for (let x = 0; x < width; x++) {
      const unit = row + Math.floor(x / across) * unitBytes;
      pixels[at++] = units[unit + (y % down) * across + (x % across)]!;
      pixels[at++] = units[unit + unitBytes - 2]!;
      pixels[at++] = units[unit + unitBytes - 1]!;
    }
  }
  return pixels;
}

interface Table {
  readonly luma: Int32Array;
  readonly redOfCr: Int32Array;
  readonly greenOfCb: Int32Array;
  readonly greenOfCr: Int32Array;
  readonly blueOfCb: Int32Array;
  readonly shift: number;
}

function tableByTags({ coefficients = bt601, range = fullRange }: YcbcrTags): Table {
  const [red, green, blue] = [coefficients[0]!, coefficients[1]!, coefficients[2]!];
  const factor = (value: number) => Math.trunc(Math.min(Math.max(value, 0), 2) * one + 0.5);
  const ofRed = factor(2 - 2 * red);
  const ofBlue = factor(2 - 2 * blue);
  const greenOfRed = -factor((red * (2 - 2 * red)) / green);
  const greenOfBlue = -factor((blue * (2 - 2 * blue)) / green);
  const scaled = (value: number, black: number, white: number, largest: number) =>
    Math.trunc(Math.min(Math.max(((value - Math.trunc(black)) * largest) / (white - black || 1), -4096), 4096));
  const chroma = (i: number, at: number) => scaled(i - 128, range[at]! - 128, range[at + 1]! - 128, 127);
  return {
    luma: tableOf((i) => scaled(i, range[0]!, range[1]!, 255)),
    redOfCr: tableOf((i) => ofRed * chroma(i, 4) + half),
    greenOfCb: tableOf((i) => greenOfBlue * chroma(i, 2) + half),
    greenOfCr: tableOf((i) => greenOfRed * chroma(i, 4)),
    blueOfCb: tableOf((i) => ofBlue * chroma(i, 2) + half),
    shift: fixedPointBits,
  };
}

/** Factors of six fractional bits, not rounded after that. */
function tableOfPillow(): Table {
  const factor = (value: number) => tableOf((i) => Math.trunc(value * (i - 128) * 64 + 0.5));
  return {
    luma: tableOf((i) => i),
    redOfCr: factor(1.402),
    greenOfCb: factor(-0.34414),
    greenOfCr: factor(-0.71414),
    blueOfCb: factor(1.772),
    shift: 6,
  };
}

function tableOf(value: (i: number) => number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, i) => value(i));
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 255);
}
