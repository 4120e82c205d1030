/**
 * Grey closing of `rows * columns` values with a 3 x 3 square: maximum, then minimum of the neighbours inside the box.
 */
export function closing(values: Uint8Array, rows: number, columns: number): Uint8Array {
  return extreme(extreme(values, rows, columns, Math.max), rows, columns, Math.min);
}

/**
 * Fills holes: a pixel becomes the lowest level from which water poured in at the border of the box would reach it
 * (8-connected), which is the reconstruction by erosion from a seed that is the maximum everywhere but on the border.
 * Values are 0 to `highest`.
 */
export function fillHoles(values: Uint8Array, rows: number, columns: number, highest: number): Uint8Array {
  const filled = new Uint8Array(values.length).fill(highest);
  const stack = new Int32Array(values.length);
  for (let level = highest - 1; level >= 0; level--) {
    let waiting = 0;
    const pour = (row: number, column: number) => {
      const pixel = row * columns + column;
      if (values[pixel]! > level || filled[pixel]! <= level) return;
      filled[pixel] = level;
      stack[waiting++] = pixel;
    };
    for (let row = 0; row < rows; row++) {
      const inner = row > 0 && row < rows - 1;
      for (let column = 0; column < columns; column += inner ? Math.max(1, columns - 1) : 1) pour(row, column);
    }
    while (waiting > 0) {
      const pixel = stack[--waiting]!;
      const column = pixel % columns;
      const row = (pixel - column) / columns;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) pour(y, x);
      }
    }
  }
  return filled;
}

/** The extreme of each pixel's 3 x 3 neighbours that lie inside. */
function extreme(
  values: Uint8Array,
  rows: number,
  columns: number,
  pick: (a: number, b: number, c: number) => number,
): Uint8Array {
  const across = new Uint8Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      across[i] = pick(values[column > 0 ? i - 1 : i]!, values[i]!, values[column < columns - 1 ? i + 1 : i]!);
    }
  }
  const result = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const above = i >= columns ? i - columns : i;
    const below = i < values.length - columns ? i + columns : i;
    result[i] = pick(across[above]!, across[i]!, across[below]!);
  }
  return result;
}
