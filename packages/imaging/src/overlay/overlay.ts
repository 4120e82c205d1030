import { type AnomalyMap, heatPixels, inferno, infernoOffset } from '@mediclip/maps';
import sharp from 'sharp';
import { resizeBilinear } from '../resize/bilinear.js';
import { toRgb } from '../resize/colour.js';
import type { Raster } from '../resize/raster.js';
import { Canvas } from './canvas.js';
import { glyphHeight, glyphWidth } from './digit-glyphs.js';

export interface OverlayOptions {
  /** Map values below it stay clear; at it runs the contour. */
  readonly from: number;
  /** Whether the picture under its heat stands alone, without the picture as it is and the colour bar. */
  readonly alone?: boolean;
}

const shortestLongSide = 384;
const longestLongSide = 1024;
/** Share of the heat map's colour where there is heat; the rest is the picture's. */
const heatShare = 0.5;
const background = [24, 24, 27] as const;
const ink = [235, 235, 235] as const;
const margin = 12;
const barWidth = 16;
const textScale = 2;
const textLength = 4;
const lineHeight = 1.5 * glyphHeight * textScale;
const legendWidth = 3 * margin + barWidth + textLength * (glyphWidth + 1) * textScale;
const smallestLegend = 2 * margin + 4 * lineHeight;

/**
 * What an overlay is drawn on: the image of 1 to 4 channels in RGB, in its own aspect, scaled until its longer side has
 * 384 to 1024 pixels.
 */
export function overlayGround(image: Raster): Raster {
  return toRgb(scaledForDisplay(image));
}

/** `overlayPixels` as a PNG. */
export async function drawOverlay(
  ground: Raster,
  map: Float32Array,
  mapSide: number,
  options: OverlayOptions,
): Promise<Buffer> {
  const { width, height, data } = overlayPixels(ground, map, mapSide, options);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/**
 * The picture as it is, beside it the picture under its heat, and a colour bar with numbers, in RGB. Heat and contour
 * are those of `heatPixels`. `ground` is what `overlayGround` gave; `map` is `[mapSide, mapSide]` and is stretched over
 * it. Throws a RangeError for a map of another length.
 */
export function overlayPixels(
  ground: Raster,
  map: Float32Array,
  mapSide: number,
  { from, alone = false }: OverlayOptions,
): Pick<Canvas, 'width' | 'height' | 'data'> {
  const heated = underHeat(ground, { map, mapSide }, from);
  if (alone) return heated;
  const { width, height } = ground;
  const canvas = new Canvas(2 * width + margin + legendWidth, Math.max(height, smallestLegend), background);
  canvas.place(ground, 0, 0);
  canvas.place(heated, width + margin, 0);
  drawLegend(canvas, 2 * width + 2 * margin, from);
  return { width: canvas.width, height: canvas.height, data: canvas.data };
}

function scaledForDisplay(image: Raster): Raster {
  const longer = Math.max(image.width, image.height);
  const scale = Math.min(Math.max(longer, shortestLongSide), longestLongSide) / longer;
  const scaled = (length: number) => Math.max(Math.round(length * scale), 1);
  return resizeBilinear(image, scaled(image.width), scaled(image.height));
}

function underHeat(ground: Raster, map: Pick<AnomalyMap, 'map' | 'mapSide'>, from: number): Raster {
  const { width, height } = ground;
  const heat = heatPixels(map, { width, height, from, strength: heatShare });
  const data = Uint8Array.from(ground.data);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const share = heat[pixel * 4 + 3]! / 255;
    if (share === 0) continue;
    for (let channel = 0; channel < 3; channel++) {
      const at = pixel * 3 + channel;
      data[at] = Math.round((1 - share) * data[at]! + share * heat[pixel * 4 + channel]!);
    }
  }
  return { ...ground, data };
}

/** The colours from the threshold to 1, with numbers at both and between them. */
function drawLegend(canvas: Canvas, left: number, from: number): void {
  const barHeight = canvas.height - 2 * margin;
  const rowOf = (value: number) => margin + Math.round((1 - value) * (barHeight - 1));
  for (let y = margin; y <= rowOf(from); y++) {
    const colour = infernoOffset(1 - (y - margin) / (barHeight - 1));
    const [red, green, blue] = inferno.subarray(colour, colour + 3);
    canvas.fill(left, y, barWidth, 1, [red!, green!, blue!]);
  }
  canvas.outline(left - 1, margin - 1, barWidth + 2, barHeight + 2, 1, ink);
  for (const value of ticks(from, lineHeight / barHeight)) {
    const y = rowOf(value);
    canvas.fill(left + barWidth, y, margin / 3, 1, ink);
    const text = { left: left + barWidth + (margin * 2) / 3, top: Math.round(y - (glyphHeight * textScale) / 2) };
    canvas.writeNumber(value.toFixed(2), text.left, text.top, textScale, ink);
  }
}

/** The threshold, and those of the quarters that are far enough from it for their numbers not to touch. */
function ticks(from: number, closest: number): number[] {
  const threshold = Math.min(Math.max(from, 0), 1);
  return [threshold, ...[0, 0.25, 0.5, 0.75, 1].filter((value) => Math.abs(value - threshold) >= closest)];
}
