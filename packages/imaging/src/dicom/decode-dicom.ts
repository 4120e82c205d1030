import type { DataSet } from 'dicom-parser';
import type { DecodedImage } from '../image/decoded-image.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import { robustRangeOf } from '../image/window.js';
import { paletteRgb, rgbOf } from './colours.js';
import { encapsulatedFrame, nativeFrame } from './frame-bytes.js';
import { modalityValues } from './modality-values.js';
import { parseDicom } from './parse-dicom.js';
import { describePixels, type PixelDescription } from './pixel-description.js';
import { decodeSamples, storedValues } from './stored-values.js';
import { technicalTags } from './technical-tags.js';
import { greyMapping } from './values-of-interest.js';

/**
 * Decodes one frame of a DICOM file (Part 10) to 8 bits: greys by rescale slope and window, MONOCHROME1 inverted,
 * colours as RGB. Of the tags only the technical ones survive.
 */
export async function decodeDicom(bytes: Uint8Array, frame: number, limits: ImageLimits): Promise<DecodedImage> {
  const dataSet = parseDicom(bytes);
  const pixels = describePixels(dataSet);
  const { columns: width, rows: height, frameCount, transferSyntax } = pixels;
  checkDeclared({ width, height, frameCount }, frame, limits);
  const frameBytes =
    transferSyntax.codec === 'none' ? nativeFrame(dataSet, pixels, frame) : encapsulatedFrame(dataSet, pixels, frame);
  const samples = await decodeSamples(frameBytes, pixels);
  const common = { width, height, format: 'dicom', frameCount, dicom: technicalTags(dataSet, pixels, frame) } as const;
  if (samples instanceof Uint8Array && pixels.samplesPerPixel === 3) {
    return { ...common, mode: 'rgb', data: rgbOf(samples, pixels), notes: [] };
  }
  const stored = storedValues(samples, pixels);
  if (pixels.photometric === 'PALETTE COLOR') {
    return { ...common, mode: 'rgb', data: paletteRgb(dataSet, stored), notes: [] };
  }
  return { ...common, mode: 'grey', ...greysOf(dataSet, stored, pixels, frame) };
}

function greysOf(dataSet: DataSet, stored: Float64Array, pixels: PixelDescription, frame: number) {
  const values = modalityValues(dataSet, stored, pixels.signed, frame);
  const range = () => robustRangeOf(withoutPadding(dataSet, stored, values, pixels)) ?? { low: 0, high: 0 };
  const mapping = greyMapping(dataSet, frame, pixels.signed, range);
  const isInverted = pixels.photometric === 'MONOCHROME1';
  const data = Uint8Array.from(values, (value) => (isInverted ? 255 - mapping.grey(value) : mapping.grey(value)));
  return { data, notes: [mapping.note] };
}

/** Values of pixels that are no padding (PS3.3, C.7.5.1.1.2), which would widen the range. */
function withoutPadding(
  dataSet: DataSet,
  stored: Float64Array,
  values: Float64Array,
  { signed }: PixelDescription,
): Float64Array {
  const read = (tag: string) => (signed ? dataSet.int16(tag) : dataSet.uint16(tag));
  const padding = read('x00280120');
  if (padding === undefined) return values;
  const limit = read('x00280121') ?? padding;
  const [low, high] = [Math.min(padding, limit), Math.max(padding, limit)];
  return values.filter((_, i) => stored[i]! < low || stored[i]! > high);
}
