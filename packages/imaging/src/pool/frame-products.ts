import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type GreyStatistics, greyStatistics } from '../greys/choose-intensity.js';
import type { GreyPixels } from '../greys/grey-values.js';
import type { Intensity } from '../greys/intensity.js';
import { greyRendering, renderedGreys } from '../greys/render-greys.js';
import type { DecodedImage, ReadImage } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';
import { withoutMetadata } from '../metadata/without-metadata.js';
import { drawOverlay, type OverlayOptions, overlayGround, overlayPixels } from '../overlay/overlay.js';
import { encodeDeepPng, encodePng } from '../prepare/encode-png.js';
import { type PictureOptions, picture } from '../prepare/picture.js';
import {
  hasColour,
  maskImage,
  rgbImage,
  type SquareImage,
  testImage,
  trainingImage,
} from '../prepare/prepare-image.js';
import type { Raster } from '../resize/raster.js';
import { type ImageTraits, imageTraits } from '../traits/image-traits.js';

export type PreparedKind = 'train' | 'test' | 'mask';

/** What is known of a decoded image besides its pixels: its own size, upright, and what was decided in decoding it. */
export interface ImageDescription extends Omit<DecodedImage, 'data'> {
  /** What the numbers of the PNG mean, where greys are deeper than 8 bits. */
  readonly pixels?: GreyPixels;
}

/** What is wanted of a frame. It is decoded once for all of it. */
export interface FrameWants {
  /** How greys deeper than 8 bits become the greys of all that is wanted here; by default as for people. */
  readonly intensity?: Intensity | undefined;
  /** What a choice of intensity needs to know of greys deeper than 8 bits. */
  readonly statistics?: true;
  /** The image as training (greys), scoring (RGB) or evaluation (a mask of 0 and 1) takes it, `side` x `side`. */
  readonly prepared?: { readonly side: number; readonly kind: PreparedKind };
  /**
   * The picture as it is to be stored, without what the file says besides it: the pixels in a PNG, greys deeper than 8
   * bits with their values, of DICOM, of pages of a TIFF, and of deep greys of any format but PNG; else the file
   * itself without metadata. It is written to this folder, for it may be large, and many may wait to be stored.
   */
  readonly stored?: { readonly folder: string };
  /** A small PNG for people. */
  readonly picture?: PictureOptions;
  /** What `ImagingPool.overlay` draws on, so that the file is not decoded again when its map is known. */
  readonly ground?: true;
  /** The image and its heat map `[mapSide, mapSide]` as a PNG; see `drawOverlay`. */
  readonly overlay?: { readonly map: Float32Array; readonly mapSide: number } & OverlayOptions;
  /** The same, in RGB. */
  readonly overlayPixels?: { readonly map: Float32Array; readonly mapSide: number } & OverlayOptions;
  /** What the image can be compared by with others; see `ImageTraits`. */
  readonly traits?: true;
}

/** A file to be stored in place of the one that was read; undefined when that has nothing besides its picture. */
interface StoredFile {
  readonly path: string;
  /** Whether it is a PNG that was made of the pixels. */
  readonly isMade: boolean;
}

/** What comes of each want. */
interface FrameProducts {
  readonly statistics: GreyStatistics | undefined;
  readonly prepared: SquareImage;
  readonly stored: StoredFile | undefined;
  readonly picture: Uint8Array;
  readonly ground: Raster;
  readonly overlay: Uint8Array;
  readonly overlayPixels: ReturnType<typeof overlayPixels>;
  readonly traits: ImageTraits;
}

/** A frame: what it is, and what was wanted of it. */
export type Frame<Wants extends FrameWants> = { readonly description: ImageDescription } & {
  readonly [K in keyof Wants & keyof FrameProducts]: undefined extends Wants[K]
    ? FrameProducts[K] | undefined
    : FrameProducts[K];
};

/** The paper's training path is grey: said where a picture has more to say. */
function greyNotes(kind: PreparedKind | undefined, decoded: DecodedImage): readonly string[] {
  return kind === 'train' && hasColour(decoded) ? ['its colours became greys for training, as in the paper'] : [];
}

const prepare = { train: trainingImage, test: testImage, mask: maskImage };

/** A file of several pages holds more than the one, and deep greys are kept as PNG alone. */
function isNotKeptTiff(image: ReadImage): boolean {
  const { format, frameCount } = image;
  return format === 'tiff' && (frameCount > 1 || 'greys' in image);
}

async function storedFile(
  read: ReadImage,
  bytes: Uint8Array,
  folder: string,
  pixelsAsPng: () => Promise<Uint8Array>,
): Promise<StoredFile | undefined> {
  const { format } = read;
  const isMade = isNotKeptTiff(read) || format === 'dicom' || format === 'nifti';
  const stored = isMade ? await pixelsAsPng() : await withoutMetadata(bytes, format);
  if (!isMade && Buffer.compare(stored, bytes) === 0) return undefined;
  const file = path.join(folder, randomUUID());
  await writeFile(file, stored, { flag: 'wx' });
  return { path: file, isMade };
}

/** What alpha and levels of a mask that is not plain grey take, as floating point. */
const maskBytesPerPixel = 18;

/** Bytes that decoding a frame and making of it what is wanted take, beside its file. */
export function frameBytes({ pixels, bytesPerPixel, channels }: FrameCost, wants: FrameWants): number {
  const { prepared, stored, picture, ground, overlay, overlayPixels, traits } = wants;
  const copies = [
    prepared?.kind === 'mask' && (channels > 1 ? maskBytesPerPixel : 1),
    prepared?.kind === 'train' && channels,
    prepared?.kind === 'test' && channels > 1 && 1,
    stored && channels + 1,
    (picture || ground || overlay || overlayPixels || traits) && 4,
  ];
  return pixels * copies.reduce<number>((sum, bytes) => sum + (bytes || 0), bytesPerPixel);
}

/** What is wanted of a frame of the file `bytes`. */
export async function frameOf(read: ReadImage, wants: FrameWants, bytes: Uint8Array): Promise<Frame<FrameWants>> {
  const store = (png: () => Promise<Uint8Array>) => wants.stored && storedFile(read, bytes, wants.stored.folder, png);
  if (!('greys' in read)) {
    return {
      ...(await picturesOf(read, wants, bytes)),
      statistics: undefined,
      stored: await store(() => encodePng(read)),
    };
  }
  const { greys, ...known } = read;
  const { pixels } = greys;
  const rendering = greyRendering(greys, wants.intensity);
  const notes = [...read.notes, ...rendering.notes];
  const isShown =
    wants.prepared ?? wants.picture ?? wants.ground ?? wants.overlay ?? wants.overlayPixels ?? wants.traits;
  const shown = isShown
    ? await picturesOf({ ...known, notes, data: renderedGreys(greys, rendering) }, wants, bytes)
    : nothing;
  return {
    ...shown,
    description: { ...known, notes, pixels },
    statistics: wants.statistics && greyStatistics(greys),
    stored: await store(() => encodeDeepPng(greys)),
  };
}

const nothing = {
  prepared: undefined,
  picture: undefined,
  ground: undefined,
  overlay: undefined,
  overlayPixels: undefined,
  traits: undefined,
};

/** What is wanted of the pixels of 8 bits. */
async function picturesOf(decoded: DecodedImage, wants: FrameWants, bytes: Uint8Array) {
  const { data: _, ...known } = decoded;
  const { prepared, overlay, overlayPixels: pixels } = wants;
  return {
    description: { ...known, notes: [...known.notes, ...greyNotes(prepared?.kind, decoded)] },
    prepared: prepared && prepare[prepared.kind](decoded, prepared.side),
    picture: wants.picture && (await picture(decoded, wants.picture)),
    ground: wants.ground && overlayGround(rgbImage(decoded)),
    overlayPixels: pixels && overlayPixels(overlayGround(rgbImage(decoded)), pixels.map, pixels.mapSide, pixels),
    overlay: overlay && (await drawOverlay(overlayGround(rgbImage(decoded)), overlay.map, overlay.mapSide, overlay)),
    traits: wants.traits && imageTraits(decoded, bytes),
  };
}
