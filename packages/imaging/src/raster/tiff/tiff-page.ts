import { corruptImage, ImageError } from '../../image/image-error.js';
import { jpegFrame } from '../jpeg.js';
import { type TiffDirectory, type TiffFile, tagCodes } from './tiff-file.js';

export const photometrics = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, separated: 5, ycbcr: 6, cielab: 8 };
export const compressions = { none: 1, jpeg: 7 };
export const sampleFormats = { unsigned: 1, signed: 2, float: 3 };

/** Compressions that the decoder knows (TIFF 6.0, sections 9 to 11 and 22; Adobe's supplements). */
const readCompressions = [1, 2, 3, 4, 5, 7, 8, 32773, 32946];
const compressionNames: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  32766: 'NeXT',
  32809: 'ThunderScan',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  50000: 'zstd',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};
const photometricNames: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  9: 'ICC Lab',
  10: 'ITU Lab',
  32803: 'the colour filter array of a raw photograph',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'linear raw',
};
const cmykInks = 1;

/** What a page's directory says about its samples (TIFF 6.0, section 8), checked, with its encoded strips or tiles. */
export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly samplesPerPixel: number;
  readonly sampleFormat: number;
  readonly photometric: number;
  readonly compression: number;
  /** Whether each channel has strips or tiles of its own. */
  readonly isPlanar: boolean;
  readonly orientation: number;
  /** Pixels that share a colour across and down; `[1, 1]` without subsampling, and where JPEG deals with it. */
  readonly subsampling: readonly [number, number];
  readonly rowsPerStrip: number;
  readonly tile?: readonly [number, number];
  /** Strips or tiles in order; those of the second channel follow those of the first. */
  readonly segments: readonly Uint8Array[];
  readonly notes: readonly string[];
}

/**
 * Reads and checks the directory of one page. Throws `corrupt-image` where it contradicts itself or the file ends
 * early, and `unsupported-encoding` naming what is not read.
 */
export function readTiffPage(file: TiffFile, directory: TiffDirectory): TiffPage {
  const { width, height } = tiffPageSize(directory);
  const samplesPerPixel = directory.number(tagCodes.samplesPerPixel) ?? 1;
  const bits = directory.numbers(tagCodes.bitsPerSample) ?? [1];
  const formats = directory.numbers(tagCodes.sampleFormat) ?? [sampleFormats.unsigned];
  const compression = directory.number(tagCodes.compression) ?? compressions.none;
  const taggedPhotometric = directory.number(tagCodes.photometric);
  if (!(samplesPerPixel >= 1)) throw corruptImage('TIFF', 'its pixels have no samples');
  // Without the tag the reference takes white as zero.
  const photometric = taggedPhotometric ?? (samplesPerPixel < 3 ? photometrics.whiteIsZero : photometrics.rgb);
  const layout = layoutOf(directory, width, height);
  const page = {
    width,
    height,
    bitsPerSample: bits[0]!,
    samplesPerPixel,
    sampleFormat: formats[0] === 4 ? sampleFormats.unsigned : formats[0]!,
    photometric,
    compression,
    isPlanar: samplesPerPixel > 1 && directory.number(tagCodes.planarConfiguration) === 2,
    orientation: directory.number(tagCodes.orientation) ?? 1,
    subsampling: subsamplingOf(directory, photometric, compression),
    ...layout,
    notes: [
      ...(taggedPhotometric === undefined && samplesPerPixel < 3
        ? ['the file does not say what zero is: white was taken']
        : []),
      ...unexplainedNotes(samplesPerPixel, photometric, directory),
    ],
  };
  checkSamples(page, bits, formats, directory);
  const segments = segmentsOf(file, directory, page);
  checkJpeg(page, segments);
  return { ...page, segments };
}

/** Says so where a channel beside grey or colours is none of those that the file calls transparency. */
function unexplainedNotes(samplesPerPixel: number, photometric: number, directory: TiffDirectory): string[] {
  const isAlpha = [1, 2].includes(directory.number(tagCodes.extraSamples) ?? 0);
  if (isAlpha || samplesPerPixel <= coloursOf(photometric, directory)) return [];
  return ['the file does not say what its last channel is: it was taken as transparency'];
}

/** Width and height of a page. Throws `corrupt-image` if one is missing. */
export function tiffPageSize(directory: TiffDirectory): { width: number; height: number } {
  const [width, height] = [directory.number(tagCodes.width), directory.number(tagCodes.height)];
  if (!width || !height) throw corruptImage('TIFF', 'its size is missing');
  return { width, height };
}

type PageLayout = Pick<TiffPage, 'rowsPerStrip' | 'tile'>;
type PageWithoutSegments = Omit<TiffPage, 'segments'>;

function layoutOf(directory: TiffDirectory, width: number, height: number): PageLayout {
  if (!directory.has(tagCodes.tileOffsets)) {
    const rowsPerStrip = Math.min(directory.number(tagCodes.rowsPerStrip) || height, height);
    return { rowsPerStrip };
  }
  const tile = [directory.number(tagCodes.tileWidth) ?? 0, directory.number(tagCodes.tileHeight) ?? 0] as const;
  // A tile larger than any image of this size would take memory that the limits do not see.
  if (!(tile[0] > 0 && tile[1] > 0 && tile[0] <= width + 4096 && tile[1] <= height + 4096)) {
    throw corruptImage('TIFF', 'its tiles have an impossible size');
  }
  return { rowsPerStrip: height, tile };
}

function subsamplingOf(directory: TiffDirectory, photometric: number, compression: number): readonly [number, number] {
  if (photometric !== photometrics.ycbcr || compression === compressions.jpeg) return [1, 1];
  const [across = 2, down = 2] = directory.numbers(tagCodes.ycbcrSubsampling) ?? [];
  if (![1, 2, 4].includes(across) || ![1, 2, 4].includes(down))
    throw corruptImage('TIFF', 'its subsampling is impossible');
  return [across, down];
}

function checkSamples(
  page: PageWithoutSegments,
  bits: readonly number[],
  formats: readonly number[],
  directory: TiffDirectory,
): void {
  const { photometric, compression, samplesPerPixel, bitsPerSample, sampleFormat } = page;
  if (!readCompressions.includes(compression)) {
    throw unsupported(`is compressed with ${compressionNames[compression] ?? `scheme ${compression}`}`);
  }
  if (!Object.values(photometrics).includes(photometric)) {
    throw unsupported(`holds ${photometricNames[photometric] ?? `colours of kind ${photometric}`}`);
  }
  if (bits.some((value) => value !== bitsPerSample) || formats.some((value) => value !== formats[0])) {
    throw unsupported('has channels of different depth');
  }
  if (formats[0]! > 4 || (sampleFormat === sampleFormats.float && bitsPerSample === 64) || bitsPerSample > 32) {
    throw unsupported(
      `has ${formats[0]! > 4 ? 'complex numbers' : sampleFormat === sampleFormats.float ? `float${bitsPerSample} samples` : `samples of ${bitsPerSample} bits`}`,
    );
  }
  if (compression === compressions.jpeg && bitsPerSample > 8)
    throw unsupported(`is compressed with ${bitsPerSample}-bit JPEG`);
  const depths = sampleFormat === sampleFormats.float ? [16, 32] : [1, 2, 4, 8, 16, 32];
  if (!depths.includes(bitsPerSample)) throw unsupported(`has samples of ${bitsPerSample} bits`);
  const colours = coloursOf(photometric, directory);
  if (samplesPerPixel < colours) throw corruptImage('TIFF', 'it has fewer channels than its colours need');
  const mostChannels =
    photometric === photometrics.palette ? 1 : photometric === photometrics.ycbcr ? 3 : colours === 1 ? 2 : 4;
  if (samplesPerPixel > mostChannels) throw unsupported(`has ${samplesPerPixel} channels`);
  const isGrey = colours === 1 && photometric !== photometrics.palette;
  const deepest = isGrey ? 32 : photometric === photometrics.rgb ? 16 : 8;
  const isOdd =
    samplesPerPixel > 1 && (bitsPerSample < 8 || bitsPerSample === 32 || sampleFormat !== sampleFormats.unsigned);
  if (bitsPerSample > deepest || isOdd || (!isGrey && sampleFormat !== sampleFormats.unsigned)) {
    const kind =
      sampleFormat === sampleFormats.float ? 'float' : sampleFormat === sampleFormats.signed ? 'int' : 'uint';
    throw unsupported(`holds ${samplesPerPixel} channels as ${kind}${bitsPerSample} numbers`);
  }
}

/** Channels that make up the colour; the others are alpha. */
function coloursOf(photometric: number, directory: TiffDirectory): number {
  switch (photometric) {
    case photometrics.separated:
      if ((directory.number(tagCodes.inkSet) ?? cmykInks) !== cmykInks) throw unsupported('has inks other than CMYK');
      return 4;
    case photometrics.rgb:
    case photometrics.ycbcr:
    case photometrics.cielab:
      return 3;
    default:
      return 1;
  }
}

/** The encoded strips or tiles. Throws `corrupt-image` unless the file holds all that the image needs. */
function segmentsOf(file: TiffFile, directory: TiffDirectory, page: PageWithoutSegments): Uint8Array[] {
  const [offsetsTag, countsTag] = page.tile
    ? [tagCodes.tileOffsets, tagCodes.tileByteCounts]
    : [tagCodes.stripOffsets, tagCodes.stripByteCounts];
  const offsets = directory.numbers(offsetsTag);
  if (!offsets) throw corruptImage('TIFF', 'it names no pixels');
  const counts = directory.numbers(countsTag) ?? [];
  const sizes = segmentSizes(page);
  if (offsets.length < sizes.length) throw corruptImage('TIFF', 'some of its strips or tiles are missing');
  return sizes.map((size, i) => {
    const offset = offsets[i]!;
    // Uncompressed pixels have one size, whatever the tag says; a single strip without a size goes to the end.
    const whole = sizes.length === 1 ? file.bytes.length - offset : 0;
    const count = page.compression === compressions.none ? size : counts[i] || whole;
    if (!(count > 0)) throw corruptImage('TIFF', 'a strip or tile has no pixels');
    return file.slice(offset, count);
  });
}

/** Bytes of each strip or tile once it is decoded. */
function segmentSizes(page: PageWithoutSegments): number[] {
  const planes = page.isPlanar ? page.samplesPerPixel : 1;
  const samples = page.isPlanar ? 1 : page.samplesPerPixel;
  const bytesOf = (width: number, height: number): number => {
    const [across, down] = page.subsampling;
    if (across * down > 1) return Math.ceil(width / across) * Math.ceil(height / down) * (across * down + 2);
    return Math.ceil((width * samples * page.bitsPerSample) / 8) * height;
  };
  const sizes: number[] = [];
  for (let plane = 0; plane < planes; plane++) {
    if (page.tile) {
      const tiles = Math.ceil(page.width / page.tile[0]) * Math.ceil(page.height / page.tile[1]);
      for (let i = 0; i < tiles; i++) sizes.push(bytesOf(...page.tile));
    } else {
      for (let y = 0; y < page.height; y += page.rowsPerStrip) {
        sizes.push(bytesOf(page.width, Math.min(page.rowsPerStrip, page.height - y)));
      }
    }
  }
  return sizes;
}

function checkJpeg(page: PageWithoutSegments, segments: readonly Uint8Array[]): void {
  if (page.compression !== compressions.jpeg) return;
  const frame = jpegFrame(segments[0]!);
  if (frame && frame.precision !== 8) throw unsupported(`is compressed with ${frame.precision}-bit JPEG`);
}

function unsupported(what: string): ImageError {
  return new ImageError('unsupported-encoding', `The TIFF file ${what}, which is not supported; save it as PNG.`);
}
