import { channelsOf, type ImageMode } from '../../image/decoded-image.js';
import type { FrameCost } from '../../image/frame-cost.js';
import { corruptImage, ImageError } from '../../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../../image/limits.js';
import { jpegFrame } from '../jpeg.js';
import { keptChannels, type RasterFile, type RasterSamples, type SampleValues } from '../samples.js';
import { type VipsSamples, vipsPixels } from '../vips.js';
import { halfFloats } from './half-float.js';
import { labColours } from './lab.js';
import { orient } from './orient.js';
import { plainTiff } from './plain-tiff.js';
import { type TiffDirectory, TiffFile, tagCodes } from './tiff-file.js';
import { compressions, photometrics, readTiffPage, sampleFormats, type TiffPage, tiffPageSize } from './tiff-page.js';
import { separatedUnits, ycbcrColours } from './ycbcr.js';

const floatingPointPredictor = 3;
const compressionTags: Readonly<Record<number, number>> = {
  3: tagCodes.t4Options,
  4: tagCodes.t6Options,
  5: tagCodes.predictor,
  8: tagCodes.predictor,
  32946: tagCodes.predictor,
};
const reducedOrMask = 0b101;
const oldReduced = 2;

/**
 * Opens a TIFF or BigTIFF of one or more pages, reduced copies and masks of other pages left out. libvips decompresses
 * a file that is written anew with one page's strips or tiles and the tags that they need; colours and numbers that it
 * does not know (YCbCr without JPEG, Lab, half floats, separate planes) are taken from it as bytes and turned here.
 */
export function openTiff(bytes: Uint8Array, limits: ImageLimits): RasterFile {
  const file = new TiffFile(bytes);
  const directories = file.directories();
  const pages = fullPages(directories);
  const frameCount = pages.length;
  const skipped = directories.length - frameCount;
  const notes =
    skipped > 0 ? [`${skipped} reduced or masking ${skipped === 1 ? 'page was' : 'pages were'} left out`] : [];
  const pageAt = (frame: number): TiffDirectory => {
    const directory = pages[frame];
    checkDeclared({ ...tiffPageSize(directory ?? pages[0]!), frameCount }, frame, limits);
    return directory!;
  };
  pageAt(0);
  return {
    frameCount,
    cost: (frame) => costOf(pageAt(frame)),
    samples: async (frame) => {
      const samples = await decodePage(file, pageAt(frame), limits);
      return { ...samples, notes: [...samples.notes, ...notes] };
    },
  };
}

/** Samples as they are stored and as they are turned, and the rows between them. */
function costOf(directory: TiffDirectory): FrameCost {
  const { width, height } = tiffPageSize(directory);
  const channels = Math.max(1, directory.number(tagCodes.samplesPerPixel) ?? 1);
  const bits = directory.number(tagCodes.bitsPerSample) ?? 1;
  const sampleBytes = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const shown = directory.number(tagCodes.photometric) === photometrics.palette ? 3 : Math.min(channels, 4);
  return { pixels: width * height, bytesPerPixel: 2 * Math.max(channels, shown) * sampleBytes + 2, channels: shown };
}

async function decodePage(file: TiffFile, directory: TiffDirectory, limits: ImageLimits): Promise<RasterSamples> {
  const page = readTiffPage(file, directory);
  const reader = new PageReader(page, directory, file.littleEndian, limits);
  const { data, mode } = await reader.samples();
  const { width, height, orientation } = page;
  const upright = orient({ width, height, channels: channelsOf[mode], data }, orientation);
  return {
    width: upright.width,
    height: upright.height,
    mode,
    data: upright.data,
    isLossy: page.compression === compressions.jpeg,
    notes: [...page.notes, ...reader.notes],
  };
}

/** Pages that are images of their own; all of them where the file marks every one as reduced. */
export function fullPages(directories: readonly TiffDirectory[]): readonly TiffDirectory[] {
  const full = directories.filter(
    (directory) =>
      ((directory.number(tagCodes.newSubfileType) ?? 0) & reducedOrMask) === 0 &&
      directory.number(tagCodes.subfileType) !== oldReduced,
  );
  return full.length > 0 ? full : directories;
}

class PageReader {
  readonly notes: string[] = [];
  readonly #page: TiffPage;
  readonly #directory: TiffDirectory;
  readonly #littleEndian: boolean;
  readonly #limits: ImageLimits;

  constructor(page: TiffPage, directory: TiffDirectory, littleEndian: boolean, limits: ImageLimits) {
    this.#page = page;
    this.#directory = directory;
    this.#littleEndian = littleEndian;
    this.#limits = limits;
  }

  async samples(): Promise<{ mode: ImageMode; data: SampleValues }> {
    const { photometric, samplesPerPixel, bitsPerSample, sampleFormat } = this.#page;
    switch (photometric) {
      case photometrics.palette:
        return { mode: 'palette', data: await this.#decoded('srgb', 3) };
      case photometrics.separated:
        if (this.#page.isPlanar) throw separatePlanes();
        return { mode: 'rgb', data: await this.#decoded('srgb', 3) };
      case photometrics.ycbcr:
        return { mode: 'rgb', data: await this.#ycbcr() };
      case photometrics.cielab:
        return { mode: 'rgb', data: labColours(await this.#interleaved()) };
      case photometrics.rgb: {
        const data = this.#page.isPlanar ? await this.#interleaved() : await this.#colours();
        return { mode: samplesPerPixel === 4 ? 'rgba' : 'rgb', data };
      }
      default: {
        const mode = bitsPerSample === 1 ? 'bilevel' : samplesPerPixel === 2 ? 'greyAlpha' : 'grey';
        if (this.#page.isPlanar) return { mode, data: this.#blackIsZero(await this.#interleaved()) };
        if (sampleFormat === sampleFormats.float && bitsPerSample === 16)
          return { mode, data: await this.#halfFloats() };
        return { mode, data: await this.#greys() };
      }
    }
  }

  #colours(): Promise<SampleValues> {
    return this.#decoded(this.#page.bitsPerSample === 16 ? 'rgb16' : 'srgb', this.#page.samplesPerPixel);
  }

  async #greys(): Promise<SampleValues> {
    const { bitsPerSample, sampleFormat, samplesPerPixel } = this.#page;
    const isInteger16 = bitsPerSample === 16 && sampleFormat !== sampleFormats.float;
    const isEightBit = bitsPerSample <= 8 && sampleFormat === sampleFormats.unsigned;
    const kind: VipsSamples = isInteger16 ? 'grey16' : !isEightBit ? 'float' : samplesPerPixel === 2 ? 'srgb' : 'b-w';
    // libvips cuts negative values of 16 bits off; as unsigned ones they come through.
    const changes = isInteger16 ? { sampleFormat: sampleFormats.unsigned, photometric: photometrics.blackIsZero } : {};
    const values = await this.#decoded(
      kind,
      samplesPerPixel,
      kind === 'float' ? { photometric: photometrics.blackIsZero } : changes,
    );
    if (isEightBit) return values;
    const signed = isInteger16 && sampleFormat === sampleFormats.signed;
    return this.#blackIsZero(signed ? new Int16Array(values.buffer, values.byteOffset, values.length) : values);
  }

  async #halfFloats(): Promise<SampleValues> {
    if (this.#directory.number(tagCodes.predictor) === floatingPointPredictor) {
      throw unsupported('has half floats with a floating-point predictor');
    }
    const changes = { sampleFormat: sampleFormats.unsigned, photometric: photometrics.blackIsZero };
    return this.#blackIsZero(halfFloats(await this.#decoded('grey16', 1, changes)));
  }

  /** Turns values of a page whose white is zero, the first of each pixel only. */
  #blackIsZero(values: SampleValues): SampleValues {
    if (this.#page.photometric !== photometrics.whiteIsZero) return values;
    const top =
      values instanceof Uint16Array
        ? 0xffff
        : values instanceof Uint8Array
          ? 0xff
          : values instanceof Int16Array
            ? -1
            : 0;
    for (let i = 0; i < values.length; i += this.#page.samplesPerPixel) values[i] = top - values[i]!;
    return values;
  }

  async #ycbcr(): Promise<Uint8Array> {
    const { compression, subsampling, isPlanar, width, height } = this.#page;
    if (compression === compressions.jpeg) {
      if (isPlanar) throw separatePlanes();
      return (await this.#decoded('srgb', 3)) as Uint8Array;
    }
    const isSubsampled = subsampling[0] * subsampling[1] > 1;
    if (isSubsampled && isPlanar) throw separatePlanes();
    const samples = isSubsampled ? await this.#units(subsampling, width, height) : await this.#interleaved();
    const { colours, notes } = ycbcrColours(samples as Uint8Array, {
      coefficients: this.#directory.numbers(tagCodes.ycbcrCoefficients),
      range: this.#directory.numbers(tagCodes.referenceBlackWhite),
      // The reference reads uncompressed pixels by BT.601 whatever the tags say.
      byTags: compression !== compressions.none || isSubsampled,
    });
    this.notes.push(...notes);
    return colours;
  }

  /** Y, Cb and Cr of each pixel from data units of several Y, one Cb and one Cr (TIFF 6.0, section 21). */
  async #units([across, down]: readonly [number, number], width: number, height: number): Promise<Uint8Array> {
    const { tile, rowsPerStrip } = this.#page;
    if ((this.#directory.number(tagCodes.predictor) ?? 1) !== 1)
      throw unsupported('has subsampled colours with a predictor');
    if (tile || (rowsPerStrip % down !== 0 && rowsPerStrip < height))
      throw unsupported('has subsampled colours in tiles');
    const unitBytes = across * down + 2;
    const unitRows = Math.ceil(height / down);
    const rowBytes = Math.ceil(width / across) * unitBytes;
    const file = plainTiff({
      ...this.#plain(),
      width: rowBytes,
      height: unitRows,
      samplesPerPixel: 1,
      photometric: photometrics.blackIsZero,
      rowsPerStrip: Math.ceil(rowsPerStrip / down),
      segments: this.#page.segments,
    });
    const { data } = await vipsPixels({ bytes: file, format: 'TIFF' }, 'b-w', this.#limits);
    return separatedUnits(data as Uint8Array, { across, down, width, height });
  }

  /** The samples of each pixel side by side, as they are stored. */
  async #interleaved(): Promise<SampleValues> {
    const { isPlanar, samplesPerPixel, bitsPerSample, segments, width, height } = this.#page;
    const isDeep = bitsPerSample === 16;
    if (!isPlanar) return this.#decoded(isDeep ? 'rgb16' : 'srgb', samplesPerPixel, { photometric: photometrics.rgb });
    const values = isDeep
      ? new Uint16Array(width * height * samplesPerPixel)
      : new Uint8Array(width * height * samplesPerPixel);
    const planeSegments = segments.length / samplesPerPixel;
    for (let channel = 0; channel < samplesPerPixel; channel++) {
      const plane = await this.#decoded(isDeep ? 'grey16' : 'b-w', 1, {
        photometric: photometrics.blackIsZero,
        samplesPerPixel: 1,
        segments: segments.slice(channel * planeSegments, (channel + 1) * planeSegments),
      });
      for (let i = 0; i < plane.length; i++) values[i * samplesPerPixel + channel] = plane[i]!;
    }
    return values;
  }

  /**
   * The page with changed tags through libvips; of its channels the first `channels`, a grey's alpha being the last.
   */
  async #decoded(
    kind: VipsSamples,
    channels: number,
    changes: Partial<Pick<TiffPage, 'photometric' | 'sampleFormat' | 'samplesPerPixel' | 'segments'>> = {},
  ): Promise<SampleValues> {
    const { width, height, segments } = this.#page;
    const file = plainTiff({ ...this.#plain(), segments, ...changes });
    const pixels = await vipsPixels({ bytes: file, format: 'TIFF' }, kind, this.#limits);
    if (pixels.width !== width || pixels.height !== height || pixels.channels < channels) {
      throw corruptImage('TIFF', 'its pixels have another shape than its header says');
    }
    return keptChannels(pixels.data, pixels.channels, channels);
  }

  #plain() {
    const {
      width,
      height,
      bitsPerSample,
      samplesPerPixel,
      photometric,
      sampleFormat,
      compression,
      rowsPerStrip,
      tile,
    } = this.#page;
    const jpegTables = compression === compressions.jpeg ? this.#directory.bytes(tagCodes.jpegTables) : undefined;
    return {
      littleEndian: this.#littleEndian,
      width,
      height,
      bitsPerSample,
      samplesPerPixel,
      photometric,
      sampleFormat,
      compression,
      rowsPerStrip,
      ...(tile && { tile }),
      ...(jpegTables && { jpegTables }),
      further: this.#further(),
    };
  }

  #further(): Map<number, readonly number[]> {
    const { photometric, compression, segments, samplesPerPixel } = this.#page;
    const further = new Map<number, readonly number[]>();
    const keep = (tag: number) => {
      const values = this.#directory.numbers(tag);
      if (values) further.set(tag, values);
    };
    keep(tagCodes.fillOrder);
    // A tag of another compression is one that libtiff does not know, and it says so.
    const ofCompression = compressionTags[compression];
    if (ofCompression !== undefined) keep(ofCompression);
    if (photometric === photometrics.palette) keep(tagCodes.colourMap);
    const alphas = samplesPerPixel - (samplesPerPixel < 3 ? 1 : photometric === photometrics.separated ? 4 : 3);
    const unassociatedAlpha = 2;
    if (alphas > 0) further.set(tagCodes.extraSamples, Array<number>(alphas).fill(unassociatedAlpha));
    if (photometric === photometrics.ycbcr && compression === compressions.jpeg) {
      further.set(tagCodes.ycbcrSubsampling, jpegFrame(segments[0]!)?.subsampling ?? [1, 1]);
    }
    return further;
  }
}

function separatePlanes(): ImageError {
  return unsupported('has these colours in separate planes');
}

function unsupported(what: string): ImageError {
  return new ImageError('unsupported-encoding', `The TIFF file ${what}, which is not supported; save it as PNG.`);
}
