import type { MapRegion } from '@mediclip/maps';
import sharp from 'sharp';
import { resizeBilinear } from '../resize/bilinear.js';
import { toGrey, toRgb } from '../resize/colour.js';
import type { Raster } from '../resize/raster.js';
import { Canvas } from './canvas.js';
import { inferno, infernoOffset } from './colour-map.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH } from './digit-glyphs.js';

export interface OverlayOptions {
  /** Map values of the ends of the colour map; by default 0 and 1, the range of probabilities. */
  readonly range?: { readonly low: number; readonly high: number };
  /** Regions to frame, in pixels of the map. */
  readonly regions?: readonly Pick<MapRegion, 'box'>[];
}

const SHORTEST_LONG_SIDE = 384;
const LONGEST_LONG_SIDE = 1024;
/** Share of the heat map's colour; the rest is the image's. */
const HEAT = 0.5;
const BACKGROUND = [24, 24, 27] as const;
const INK = [235, 235, 235] as const;
const FRAME = [255, 255, 255] as const;
const FRAME_THICKNESS = 2;
const LEGEND_TICKS = 5;
const LEGEND_MARGIN = 12;
const LEGEND_BAR_WIDTH = 16;
const TEXT_SCALE = 2;
const TEXT_LENGTH = 7;
const LEGEND_WIDTH = 3 * LEGEND_MARGIN + LEGEND_BAR_WIDTH + TEXT_LENGTH * (GLYPH_WIDTH + 1) * TEXT_SCALE;

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
  const canvas = new Canvas(width + LEGEND_WIDTH, Math.max(height, legendHeight()), BACKGROUND);
  drawHeat(canvas, picture, map, mapSide, { low, high });
  for (const { box } of options.regions ?? []) {
    const [left, right] = [box.x, box.x + box.width].map((x) => Math.round((x * width) / mapSide)) as [number, number];
    const [top, bottom] = [box.y, box.y + box.height].map((y) => Math.round((y * height) / mapSide)) as [
      number,
      number,
    ];
    canvas.outline(left, top, right - left, bottom - top, FRAME_THICKNESS, FRAME);
  }
  drawLegend(canvas, width + LEGEND_MARGIN, { low, high });
  return { width: canvas.width, height: canvas.height, data: canvas.data };
}

function scaledForDisplay(image: Raster): Raster {
  const longer = Math.max(image.width, image.height);
  const scale = Math.min(Math.max(longer, SHORTEST_LONG_SIDE), LONGEST_LONG_SIDE) / longer;
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
        canvas.data[to + channel] = (1 - HEAT) * data[from + channel]! + HEAT * inferno[colour + channel]!;
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
  return 2 * LEGEND_MARGIN + LEGEND_TICKS * GLYPH_HEIGHT * TEXT_SCALE * 2;
}

function drawLegend(canvas: Canvas, left: number, { low, high }: { low: number; high: number }): void {
  const barHeight = canvas.height - 2 * LEGEND_MARGIN;
  for (let y = 0; y < barHeight; y++) {
    const colour = infernoOffset(1 - y / (barHeight - 1), 0, 1);
    const [red, green, blue] = inferno.subarray(colour, colour + 3);
    canvas.fill(left, LEGEND_MARGIN + y, LEGEND_BAR_WIDTH, 1, [red!, green!, blue!]);
  }
  canvas.outline(left - 1, LEGEND_MARGIN - 1, LEGEND_BAR_WIDTH + 2, barHeight + 2, 1, INK);
  for (let tick = 0; tick < LEGEND_TICKS; tick++) {
    const share = tick / (LEGEND_TICKS - 1);
    const y = LEGEND_MARGIN + Math.round((1 - share) * (barHeight - 1));
    canvas.fill(left + LEGEND_BAR_WIDTH, y, LEGEND_MARGIN / 3, 1, INK);
    const textTop = Math.round(y - (GLYPH_HEIGHT * TEXT_SCALE) / 2);
    canvas.writeNumber(
      tickLabel(low + share * (high - low)),
      left + LEGEND_BAR_WIDTH + (LEGEND_MARGIN * 2) / 3,
      textTop,
      TEXT_SCALE,
      INK,
    );
  }
}

/** Three significant digits in at most `TEXT_LENGTH` characters. */
function tickLabel(value: number): string {
  const plain = String(Number(value.toPrecision(3)));
  return plain.length <= TEXT_LENGTH ? plain : value.toExponential(0);
}
