import { decodeImage } from '../decode/decode-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { encodeJpeg2000, encodeJpegLossless, encodeJpegLs, encodeRle, type Frame } from './dicom-encoders.js';
import { type DicomElement, type DicomFileOptions, dicomFile } from './dicom-file.js';

export const imageWidth = 20;
export const imageHeight = 16;
export const storedPixels = imageWidth * imageHeight;
export const size = { rows: imageHeight, columns: imageWidth };

/** Values that use all `bits`, among them 0 and the largest. */
export const ramp = (bits: number, phase = 0) =>
  Uint16Array.from({ length: storedPixels }, (_, i) =>
    Math.round((((i + phase) % storedPixels) / (storedPixels - 1)) * (2 ** bits - 1)),
  );
export const grey8 = (phase = 0) => Uint8Array.from(ramp(8, phase));
export const colours = Uint8Array.from({ length: storedPixels * 3 }, (_, i) => (i * 89) % 256);
export const bytesOf = ({ buffer }: Uint16Array | Int16Array | Uint32Array) => new Uint8Array(buffer);
export const stretched = (values: ArrayLike<number>, low: number, high: number) =>
  Uint8Array.from(values, (value) => Math.min(Math.max(Math.round(((value - low) / (high - low)) * 255), 0), 255));
export const window = (centre: number, width: number, name?: string): Record<string, DicomElement> => ({
  '00281050': { vr: 'DS', text: String(centre) },
  '00281051': { vr: 'DS', text: String(width) },
  ...(name ? { '00281056': { vr: 'CS', text: name } } : {}),
});

/** Decodes a file of `imageHeight` rows and `imageWidth` columns. */
export function decode(options: Omit<DicomFileOptions, 'rows' | 'columns'>, frame = 0): Promise<DecodedImage> {
  return decodeImage(dicomFile({ ...size, ...options }), {}, frame);
}

export const frameOf = (samples: Uint8Array | Uint16Array, bitsPerSample: number): Frame => ({
  width: imageWidth,
  height: imageHeight,
  components: samples.length / storedPixels,
  bitsPerSample,
  samples,
});

export const encoders: Readonly<
  Record<string, [syntax: string, encode: (frame: Frame) => Uint8Array | Promise<Uint8Array>]>
> = {
  RLE: ['1.2.840.10008.1.2.5', encodeRle],
  'lossless JPEG': ['1.2.840.10008.1.2.4.70', encodeJpegLossless],
  'JPEG-LS': ['1.2.840.10008.1.2.4.80', encodeJpegLs],
  'JPEG 2000': ['1.2.840.10008.1.2.4.90', encodeJpeg2000],
};
