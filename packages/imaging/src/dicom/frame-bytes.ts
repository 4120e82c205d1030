import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { corruptImage } from '../image/image-error.js';
import { PIXEL_DATA, type PixelDescription } from './pixel-description.js';

/** The bytes of one frame of uncompressed pixels. Throws `corrupt-image` when the file does not hold all frames. */
export function nativeFrame(dataSet: DataSet, pixels: PixelDescription, frame: number): Uint8Array {
  const element = dataSet.elements[PIXEL_DATA]!;
  const { columns, rows, samplesPerPixel, bitsAllocated, frameCount, photometric, transferSyntax } = pixels;
  // Horizontally subsampled colours: two luminances share a pair of chrominances (PS3.3, C.7.6.3.1.2).
  const samples = photometric === 'YBR_FULL_422' ? 2 : samplesPerPixel;
  const frameBytes = columns * rows * samples * (bitsAllocated / 8);
  if (element.hadUndefinedLength || element.length < frameBytes * frameCount) {
    throw corruptImage('DICOM', 'it holds fewer pixels than it declares');
  }
  const start = element.dataOffset + frame * frameBytes;
  const bytes = Uint8Array.from(dataSet.byteArray.subarray(start, start + frameBytes));
  if (bytes.length < frameBytes) throw corruptImage('DICOM', 'it ends inside its pixels');
  const isByteSwapped = transferSyntax.bigEndian && bitsAllocated === 8 && element.vr === 'OW';
  if (isByteSwapped) Buffer.from(bytes.buffer).swap16();
  return bytes;
}

/**
 * The compressed bytes of one frame (PS3.5, A.4): a fragment of its own where there is one per frame, else found
 * through the offset table or, where that is empty, by the end marks of the JPEG family.
 */
export function encapsulatedFrame(dataSet: DataSet, { frameCount }: PixelDescription, frame: number): Uint8Array {
  const element = dataSet.elements[PIXEL_DATA]!;
  const fragments = element.fragments ?? [];
  if (fragments.length < frameCount) throw corruptImage('DICOM', 'it holds fewer frames than it declares');
  const read = (first: number, count: number) =>
    dicomParser.readEncapsulatedPixelDataFromFragments(dataSet, element, first, count);
  try {
    if (fragments.length === frameCount) return read(frame, 1);
    if (frameCount === 1) return read(0, fragments.length);
    return dicomParser.readEncapsulatedImageFrame(dataSet, element, frame, offsetTable(dataSet, element));
  } catch {
    throw corruptImage('DICOM', 'its fragments contradict its frames');
  }
}

function offsetTable(dataSet: DataSet, element: Element): number[] {
  const table = element.basicOffsetTable ?? [];
  return table.length > 0 ? table : dicomParser.createJPEGBasicOffsetTable(dataSet, element);
}
