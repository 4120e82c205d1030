import type { MapRegion } from '@mediclip/maps';
import sharp from 'sharp';
import { resizeBilinear } from '../resize/bilinear.js';
import { toGrey, toRgb } from '../resize/colour.js';
import type { Raster } from '../resize/raster.js';
import { Canvas } from './canvas.js';
import { inferno, infernoOffset } from './colour-map.js';
import { glyphHeight, glyphWidth } from './digit-glyphs.js';

export interface OverlayOptions {
  /** Map values of the ends of the colour map; by default 0 and 1, the range of probabilities. */
  readonly range?: { readonly low: number; readonly high: number };
  /** Regions to frame, in pixels of the map. */
  readonly regions?: readonly Pick<MapRegion, 'box'>[];
}

const shortestLongSide = 384;
const longestLongSide = 1024;
/** Share of the heat map's colour; the rest is the image's. */
const heat = 0.5;
const background = [24, 24, 27] as const;
const ink = [235, 235, 235] as const;
const frame = [255, 255, 255] as const;
const frameThickness = 2;
const legendTicks = 5;
const legendMargin = 12;
const legendBarWidth = 16;
const textScale = 2;
const textLength = 7;
const legendWidth = 3 * legendMargin + legendBarWidth + textLength * (glyphWidth + 1) * textScale;

/**
 * What an overlay is drawn on: the image of 1 to 4 channels in grey, in its own aspect, scaled until its longer side
 * has 384 to 1024 pixels.
 */
export function overlayGround(image: Raster): Raster {
  return toGrey(scaledForDisplay(image));
}

/** `overlayPixels` as a PNG. */
export async function drawOverlay(
  ground: Raster,
  map: Float32Array,
  mapSide: number,
  options: OverlayOptions = {},
): Promise<Buffer> {
  const { width, height, data } = overlayPixels(ground, map, mapSide, options);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/**
 * The image under its heat map in RGB, with frames around the regions and a colour bar with numbers to the right.
 * `ground` is one channel (`overlayGround`); `map` is `[mapSide, mapSide]` and is stretched over it. Throws a
 * RangeError for a map of another length or an empty range.
 */
export function overlayPixels(
  ground: Raster,
  map: Float32Array,
  mapSide: number,
  options: OverlayOptions = {},
): Pick<Canvas, 'width' | 'height' | 'data'> {
  const { low, high } = options.range ?? { low: 0, high: 1 };
  if (map.length !== mapSide * mapSide) {
    throw new RangeError(`The map has ${map.length} values, not ${mapSide} x ${mapSide}.`);
  }
  if (!(low < high)) throw new RangeError(`The colour range ${low}..${high} is empty; give a low below its high.`);

  const picture = toRgb(ground);
  const { width, height } = picture;
  const canvas = new Canvas(width + legendWidth, Math.max(height, legendHeight()), background);
  drawHeat(canvas, picture, map, mapSide, { low, high });
  for (const { box } of options.regions ?? []) {
    const [left, right] = [box.x, box.x + box.width].map((x) => Math.round((x * width) / mapSide)) as [number, number];
    const [top, bottom] = [box.y, box.y + box.height].map((y) => Math.round((y * height) / mapSide)) as [
      number,
      number,
    ];
    canvas.outline(left, top, right - left, bottom - top, frameThickness, frame);
  }
  drawLegend(canvas, width + legendMargin, { low, high });
  return { width: canvas.width, height: canvas.height, data: canvas.data };
}

function scaledForDisplay(image: Raster): Raster {
  const longer = Math.max(image.width, image.height);
  const scale = Math.min(Math.max(longer, shortestLongSide), longestLongSide) / longer;
  const scaled = (length: number) => Math.max(Math.round(length * scale), 1);
  return resizeBilinear(image, scaled(image.width), scaled(image.height));
}

function drawHeat(
  canvas: Canvas,
  { width, height, data }: Raster,
  map: Float32Array,
  side: number,
  { low, high }: { low: number; high: number },
): void {
  for (let y = 0; y < height; y++) {
    const row = ((y + 0.5) * side) / height - 0.5;
    for (let x = 0; x < width; x++) {
      const value = interpolated(map, side, row, ((x + 0.5) * side) / width - 0.5);
      const colour = infernoOffset(value, low, high);
      const from = (y * width + x) * 3;
      const to = (y * canvas.width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        canvas.data[to + channel] = (1 - heat) * data[from + channel]! + heat * inferno[colour + channel]!;
      }
    }
  }
}

/** Bilinear value of the map at a place between its pixel centres, constant beyond the outer ones. */
function interpolated(map: Float32Array, side: number, row: number, column: number): number {
  const y = Math.min(Math.max(row, 0), side - 1);
  const x = Math.min(Math.max(column, 0), side - 1);
  const top = Math.floor(y);
  const left = Math.floor(x);
  const bottom = Math.min(top + 1, side - 1);
  const right = Math.min(left + 1, side - 1);
  const along = (r: number) => map[r * side + left]! * (1 - x + left) + map[r * side + right]! * (x - left);
  return along(top) * (1 - y + top) + along(bottom) * (y - top);
}

function legendHeight(): number {
  return 2 * legendMargin + legendTicks * glyphHeight * textScale * 2;
}

function drawLegend(canvas: Canvas, left: number, { low, high }: { low: number; high: number }): void {
  const barHeight = canvas.height - 2 * legendMargin;
  for (let y = 0; y < barHeight; y++) {
    const colour = infernoOffset(1 - y / (barHeight - 1), 0, 1);
    const [red, green, blue] = inferno.subarray(colour, colour + 3);
    canvas.fill(left, legendMargin + y, legendBarWidth, 1, [red!, green!, blue!]);
  }
  canvas.outline(left - 1, legendMargin - 1, legendBarWidth + 2, barHeight + 2, 1, ink);
  for (let tick = 0; tick < legendTicks; tick++) {
    const share = tick / (legendTicks - 1);
    const y = legendMargin + Math.round((1 - share) * (barHeight - 1));
    canvas.fill(left + legendBarWidth, y, legendMargin / 3, 1, ink);
    const textTop = Math.round(y - (glyphHeight * textScale) / 2);
    canvas.writeNumber(
      tickLabel(low + share * (high - low)),
      left + legendBarWidth + (legendMargin * 2) / 3,
      textTop,
      textScale,
      ink,
    );
  }
}

/** Three significant digits in at most `textLength` characters. */
function tickLabel(value: number): string {
  const plain = String(Number(value.toPrecision(3)));
  return plain.length <= textLength ? plain : value.toExponential(0);
}
