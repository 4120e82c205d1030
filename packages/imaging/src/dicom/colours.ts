import type { DataSet } from 'dicom-parser';
import { lookUp, readLookupTable } from './lookup-table.js';
import type { PixelDescription } from './pixel-description.js';

/** RGB of colour samples, pixel by pixel; full-range YCbCr is converted where the codec has not done so. */
export function rgbOf(samples: Uint8Array, { photometric, transferSyntax }: PixelDescription): Uint8Array {
  const isYcbcr = photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422';
  return isYcbcr && transferSyntax.codec !== 'jpeg' ? rgbOfYcbcr(samples) : samples;
}

/** PS3.3, C.7.6.3.1.2. */
function rgbOfYcbcr(samples: Uint8Array): Uint8Array {
  const rgb = new Uint8ClampedArray(samples.length);
  for (let i = 0; i < samples.length; i += 3) {
    const luminance = samples[i]!;
    const blue = samples[i + 1]! - 128;
    const red = samples[i + 2]! - 128;
    rgb[i] = luminance + 1.402 * red;
    rgb[i + 1] = luminance - 0.344136 * blue - 0.714136 * red;
    rgb[i + 2] = luminance + 1.772 * blue;
  }
  return Uint8Array.from(rgb);
}

/** RGB of indices into the file's palette (PS3.3, C.7.6.3.1.5 and C.7.6.3.1.6). Throws `corrupt-image`. */
export function paletteRgb(dataSet: DataSet, indices: Float64Array): Uint8Array {
  const tables = ['1', '2', '3'].map((channel) =>
    readLookupTable(dataSet, `x0028110${channel}`, `x0028120${channel}`, false),
  );
  const rgb = new Uint8Array(indices.length * 3);
  tables.forEach((table, channel) => {
    const divisor = 2 ** Math.max(table.bitsPerEntry - 8, 0);
    for (let i = 0; i < indices.length; i++) rgb[3 * i + channel] = lookUp(table, indices[i]!) / divisor;
  });
  return rgb;
}
