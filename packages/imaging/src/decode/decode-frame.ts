import type { DicomFile } from '../dicom/dicom-file.js';
import { channelsOf, type DecodedImage, emptyNote, type ReadImage } from '../image/decoded-image.js';
import { ImageError } from '../image/image-error.js';
import type { RasterFormat } from '../raster/decode-raster.js';
import { eightBitPixels } from '../raster/eight-bits.js';
import { greyValuesOf } from '../raster/grey-values.js';
import type { RasterFile } from '../raster/samples.js';

/** Decodes a frame of a raster file to 8 bits a channel. Rejects with an ImageError. */
export async function rasterFrame(file: RasterFile, format: RasterFormat, frame: number): Promise<DecodedImage> {
  const { frameCount, group } = file;
  checkFrame(frame, frameCount);
  const samples = await file.samples(frame);
  const { width, height, mode } = samples;
  return noted({ width, height, mode, format, frameCount, ...ofGroup(group), ...eightBitPixels(samples) });
}

/** Decodes a frame of a raster file, greys deeper than 8 bits to their values. Rejects with an ImageError. */
export async function readRasterFrame(file: RasterFile, format: RasterFormat, frame: number): Promise<ReadImage> {
  const { frameCount, group } = file;
  checkFrame(frame, frameCount);
  const samples = await file.samples(frame);
  const { width, height, mode } = samples;
  const deep = greyValuesOf(samples);
  return deep
    ? { width, height, mode: 'grey', format, frameCount, ...ofGroup(group), ...deep }
    : noted({ width, height, mode, format, frameCount, ...ofGroup(group), ...eightBitPixels(samples) });
}

/** Decodes a frame of a DICOM file to 8 bits a channel. Rejects with an ImageError. */
export async function dicomFrame(file: DicomFile, frame: number): Promise<DecodedImage> {
  checkFrame(frame, file.frameCount);
  return noted(await file.frame(frame));
}

/** Decodes a frame of a DICOM file, greys deeper than 8 bits to their values. Rejects with an ImageError. */
export async function readDicomFrame(file: DicomFile, frame: number): Promise<ReadImage> {
  checkFrame(frame, file.frameCount);
  const image = await file.read(frame);
  return 'greys' in image ? image : noted(image);
}

const ofGroup = (group: string | undefined) => (group === undefined ? {} : { group });

/** Throws a RangeError for what is no number of a frame, and `no-such-frame` for one that the file has not. */
function checkFrame(index: number, frameCount: number): void {
  if (!Number.isInteger(index) || index < 0) throw new RangeError(`Frame ${index} is no frame; count from 0.`);
  if (index >= frameCount) {
    throw new ImageError(
      'no-such-frame',
      `Frame ${index} was asked for and the file has ${frameCount}; frames are counted from 0.`,
    );
  }
}

function noted(decoded: DecodedImage): DecodedImage {
  return hasOneColour(decoded) ? { ...decoded, notes: [...decoded.notes, emptyNote] } : decoded;
}

/** Whether all pixels have one colour, whatever their alpha. */
function hasOneColour({ mode, data }: DecodedImage): boolean {
  const channels = channelsOf[mode];
  const colours = mode === 'greyAlpha' || mode === 'rgba' || mode === 'paletteAlpha' ? channels - 1 : channels;
  for (let i = 0; i < data.length; i += channels) {
    for (let channel = 0; channel < colours; channel++) {
      if (data[i + channel] !== data[channel]) return false;
    }
  }
  return true;
}
