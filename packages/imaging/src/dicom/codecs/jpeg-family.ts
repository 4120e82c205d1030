import loadCharls from '@cornerstonejs/codec-charls/decodewasmjs';
import loadOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import sharp from 'sharp';
import { corruptImage, ImageError } from '../../image/image-error.js';
import type { CodestreamHeader } from './codestream-header.js';

/** Samples of a frame, pixel by pixel, as the stream holds them: unsigned or two's complement. */
export type FrameSamples = Uint8Array | Uint16Array;

/** A new object each time, for the loaders make it their module. */
const silent = () => ({ print: () => {}, printErr: () => {} });

/** Loads a WebAssembly module once, and anew after a failure: one that has aborted stays broken. */
class WasmModule<T> {
  private loaded: Promise<T> | undefined;

  constructor(private readonly load: () => Promise<T>) {}

  async use<R>(work: (module: T) => R): Promise<R> {
    this.loaded ??= this.load();
    try {
      return work(await this.loaded);
    } catch {
      this.loaded = undefined;
      throw corruptImage('DICOM', 'a compressed frame cannot be decoded');
    }
  }
}

const charls = new WasmModule(() => loadCharls(silent()));
const openJpeg = new WasmModule(() => loadOpenJpeg(silent()));

/** Decodes an 8-bit JPEG frame; three components come as RGB. */
export async function decodeJpeg(bytes: Uint8Array, header: CodestreamHeader): Promise<FrameSamples> {
  if (header.bitsPerSample !== 8) {
    throw new ImageError(
      'unsupported-encoding',
      `The DICOM file holds lossy JPEG of ${header.bitsPerSample} bits; convert it to JPEG lossless or JPEG-LS.`,
    );
  }
  const isGrey = header.components === 1;
  const pipeline = sharp(bytes, { failOn: 'warning', limitInputPixels: false, ignoreIcc: true });
  try {
    return await pipeline
      .toColourspace(isGrey ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw corruptImage('DICOM', 'a JPEG frame cannot be decoded', error);
  }
}

/** Decodes a JPEG-LS frame (T.87). */
export function decodeJpegLs(bytes: Uint8Array): Promise<FrameSamples> {
  return charls.use((module) => {
    const decoder = new module.JpegLSDecoder();
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      const samples = copySamples(decoder);
      const { componentCount } = decoder.getFrameInfo();
      const isPlanar = componentCount > 1 && decoder.getInterleaveMode() === 0;
      return isPlanar ? interleave(samples, componentCount) : samples;
    } finally {
      decoder.delete();
    }
  });
}

/** Decodes a JPEG 2000 codestream (T.800); its colour transforms are undone. */
export function decodeJpeg2000(bytes: Uint8Array): Promise<FrameSamples> {
  return openJpeg.use((module) => {
    const decoder = new module.J2KDecoder();
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      return copySamples(decoder);
    } finally {
      decoder.delete();
    }
  });
}

function copySamples(decoder: CodecDecoder): FrameSamples {
  const bytes = Uint8Array.from(decoder.getDecodedBuffer());
  return decoder.getFrameInfo().bitsPerSample > 8 ? new Uint16Array(bytes.buffer) : bytes;
}

/** Turns colour planes into pixels of `components` samples each. */
export function interleave<T extends FrameSamples>(planes: T, components: number): T {
  const pixels = planes.length / components;
  return planes.map((_, i) => planes[(i % components) * pixels + Math.floor(i / components)]!) as T;
}
