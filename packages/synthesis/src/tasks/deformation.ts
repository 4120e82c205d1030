import { type Corner, cutBox, drawCorner } from '../box.js';
import { cubicSpline, sampleSpline } from '../filters/cubic-spline.js';
import { toGreyLevel } from '../image.js';
import { distanceToEdge, drawHyperShape, type HyperShape } from '../masks/hyper-shape.js';
import { type Mask, sideBounds } from '../masks/mask.js';
import type { RandomStream } from '../random/random-stream.js';

/** How often the box's edge is repeated before the spline is fitted. */
const margin = 12;

export interface DeformationParameters {
  /** Source pushes the content away from the centre, sink draws it in. */
  readonly kind: 'source' | 'sink';
  readonly shape: HyperShape;
  readonly corner: Corner;
  /** A pixel of the shape, in its box. */
  readonly centre: Corner;
  /** The exponent of the relative distance, above 1. */
  readonly factor: number;
}

/** Where each pixel of the box is sampled, in box coordinates: `rows * columns` values each. */
export interface DeformationMap {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Draws one deformation for images of side `side` (method.md, section 7). */
export function drawDeformation(
  kind: DeformationParameters['kind'],
  side: number,
  random: RandomStream,
): DeformationParameters {
  const shape = drawHyperShape(sideBounds(0.2, 0.6, side), side, random);
  const corner = drawCorner(shape.mask, side, random);
  return { kind, shape, corner, centre: drawPixel(shape.mask, random), factor: 2 ** random.uniform(0.5, 2) };
}

/** Moves the pixels under the shape of a square image of side `side`, in place. Golden: synthesis/deformation. */
export function applyDeformation(pixels: Uint8Array, side: number, parameters: DeformationParameters): void {
  const { shape, corner } = parameters;
  const { rows, columns } = shape.mask;
  const map = deformationMap(parameters);
  const spline = cubicSpline(
    cutBox(pixels, side, { ...corner, rows, columns }, margin),
    rows + 2 * margin,
    columns + 2 * margin,
  );
  for (let row = 0; row < rows; row++) {
    const target = (corner.row + row) * side + corner.column;
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      if (map.rows[i] === row && map.columns[i] === column) continue;
      const sourceRow = Math.min(Math.max(map.rows[i]!, 0), rows - 1);
      const sourceColumn = Math.min(Math.max(map.columns[i]!, 0), columns - 1);
      pixels[target + column] = toGreyLevel(sampleSpline(spline, sourceRow + margin, sourceColumn + margin));
    }
  }
}

/**
 * Moves inner pixels of the shape (those not in the first or last row or column of its box) along their ray from the
 * centre; all others, and those on the shape's very edge, stay where they are. Golden: synthesis/deformation.
 */
export function deformationMap({ kind, shape, centre, factor }: DeformationParameters): DeformationMap {
  const { mask } = shape;
  const map = { rows: new Float64Array(mask.data.length), columns: new Float64Array(mask.data.length) };
  const originRow = centre.row - (mask.rows - 1) / 2;
  const originColumn = centre.column - (mask.columns - 1) / 2;
  for (let row = 0; row < mask.rows; row++) {
    for (let column = 0; column < mask.columns; column++) {
      const i = row * mask.columns + column;
      map.rows[i] = row;
      map.columns[i] = column;
      const inner = row > 0 && column > 0 && row < mask.rows - 1 && column < mask.columns - 1;
      if (!inner || mask.data[i] === 0) continue;
      const distance = Math.hypot(row - centre.row, column - centre.column);
      if (distance === 0) continue;
      const rowDirection = (row - centre.row) / distance;
      const columnDirection = (column - centre.column) / distance;
      const edge = distanceToEdge(shape, originRow, originColumn, rowDirection, columnDirection);
      if (distance >= edge) continue;
      const moved = edge * deformed(kind, distance / edge, factor);
      map.rows[i] = centre.row + rowDirection * moved;
      map.columns[i] = centre.column + columnDirection * moved;
    }
  }
  return map;
}

/** The relative distance (0 at the centre, 1 at the edge) at which to sample. */
function deformed(kind: DeformationParameters['kind'], distance: number, factor: number): number {
  return kind === 'source' ? distance ** factor : 1 - (1 - distance) ** factor;
}

function drawPixel({ columns, data }: Mask, random: RandomStream): Corner {
  const count = data.reduce((total, value) => total + value, 0);
  let left = random.integer(0, count);
  const pixel = data.findIndex((value) => value !== 0 && left-- === 0);
  return { row: Math.floor(pixel / columns), column: pixel % columns };
}
