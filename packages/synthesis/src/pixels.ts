/** An eight-bit grey level: halves rounded up, saturated. */
export function toGreyLevel(value: number): number {
  return Math.min(Math.max(Math.floor(value + 0.5), 0), 255);
}

/** A box of a square image of side `side`, as floating point. */
export function cutBox(
  pixels: Uint8Array,
  side: number,
  corner: { readonly row: number; readonly column: number },
  rows: number,
  columns: number,
): Float64Array {
  const box = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const start = (corner.row + row) * side + corner.column;
    for (let column = 0; column < columns; column++) box[row * columns + column] = pixels[start + column];
  }
  return box;
}
