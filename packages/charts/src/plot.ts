import { colours } from './colours.js';
import { type SvgElement, svg } from './svg.js';

const width = 400;
const height = 300;
const frame = { left: 56, right: 386, top: 14, bottom: 246 } as const;

/** Size of a plot in SVG units, and the frame that its data fill: for what is drawn over a plot. */
export const plotFrame = { width, height, ...frame } as const;

export interface Axis {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  /** The text at a tick; the number itself if left out. */
  readonly tickLabel?: (value: number) => number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Turns data into SVG units. */
export interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

export interface Plot {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What the plot shows, in words, for readers who do not see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly draw: (scales: Scales) => readonly SvgElement[];
}

/** A plot with axes, as an `svg` element that scales with the page. */
export function renderPlot({ id, title, description, x, y, draw }: Plot): SvgElement {
  const scales: Scales = {
    x: linear(x, frame.left, frame.right),
    y: linear(y, frame.bottom, frame.top),
  };
  const middle = (frame.top + frame.bottom) / 2;
  const [titleId, descriptionId] = [`${id}-title`, `${id}-description`];
  return svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-labelledby': `${titleId} ${descriptionId}`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 12,
      fill: colours.ink,
    },
    svg('title', { id: titleId }, title),
    svg('desc', { id: descriptionId }, description),
    ...ticks(x).flatMap((tick) => horizontalTick(scales.x(tick), x.tickLabel?.(tick) ?? tick)),
    ...ticks(y).flatMap((tick) => verticalTick(scales.y(tick), y.tickLabel?.(tick) ?? tick)),
    svg('text', { x: (frame.left + frame.right) / 2, y: height - 10, 'text-anchor': 'middle' }, x.label),
    svg('text', { x: 14, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 14 ${middle})` }, y.label),
    ...draw(scales),
  );
}

export interface LineStyle {
  readonly colour: string;
  readonly dashed?: boolean;
}

/** A line through points, in data units. */
export function line(points: readonly Point[], { x, y }: Scales, { colour, dashed }: LineStyle): SvgElement {
  return svg('path', {
    d: points.map((point, i) => `${i === 0 ? 'M' : 'L'}${short(x(point.x))} ${short(y(point.y))}`).join(''),
    fill: 'none',
    stroke: colour,
    'stroke-width': 2,
    'stroke-linejoin': 'round',
    'stroke-dasharray': dashed ? '5 4' : undefined,
  });
}

/** A dashed line from the bottom to the top of the plot, with its name beside its top. */
export function verticalMark(value: number, label: string, { x }: Scales): readonly SvgElement[] {
  const place = x(value);
  const onTheLeft = place > (frame.left + frame.right) / 2;
  const words = {
    x: short(place + (onTheLeft ? -5 : 5)),
    y: frame.top + 11,
    'text-anchor': onTheLeft ? 'end' : 'start',
  };
  return [
    svg('path', { d: upright(place), stroke: colours.ink, 'stroke-dasharray': '4 3' }),
    svg('text', words, label),
  ];
}

/** A name for what is drawn in the upper part, at the left edge, or in the lower part, at the right edge. */
export function cornerLabel(label: string, corner: 'top left' | 'bottom right', colour: string): SvgElement {
  const place =
    corner === 'top left'
      ? { x: frame.left + 6, y: frame.top + 26 }
      : { x: frame.right - 6, y: frame.bottom - 8, 'text-anchor': 'end' };
  return svg('text', { ...place, fill: colour, 'font-weight': 600 }, label);
}

/** An axis that holds all values with a little room, for figures without natural ends. */
export function axisAround(label: string, values: readonly number[]): Axis {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const room = high > low ? (high - low) * 0.04 : Math.max(Math.abs(high) * 0.1, 0.01);
  return { label, low: low - room, high: high + room };
}

/** A number with two decimals at most: a hundredth of an SVG unit is seen by nobody. */
export function short(value: number): number {
  return Math.round(value * 100) / 100;
}

function linear({ low, high }: Axis, start: number, end: number): (value: number) => number {
  return (value) => start + ((value - low) / (high - low)) * (end - start);
}

/** Round numbers, about five of them, within the axis. */
function ticks({ low, high }: Axis): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(10)));
}

function horizontalTick(x: number, value: number): readonly SvgElement[] {
  return [
    svg('path', { d: upright(x), stroke: colours.line, 'stroke-width': 0.6 }),
    svg('text', { x: short(x), y: frame.bottom + 16, 'text-anchor': 'middle' }, `${value}`),
  ];
}

function verticalTick(y: number, value: number): readonly SvgElement[] {
  return [
    svg('path', { d: `M${frame.left} ${short(y)}H${frame.right}`, stroke: colours.line, 'stroke-width': 0.6 }),
    svg('text', { x: frame.left - 6, y: short(y + 4), 'text-anchor': 'end' }, `${value}`),
  ];
}

const upright = (x: number): string => `M${short(x)} ${frame.top}V${frame.bottom}`;
