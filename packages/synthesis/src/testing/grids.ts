import fc from 'fast-check';

export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** `rows * columns` values, row-major. */
  readonly values: Uint8Array;
}

/** Any grid of 1 to `largestSide` rows and columns with values of 0 to `highest`. */
export function grids(largestSide: number, highest: number): fc.Arbitrary<Grid> {
  const side = fc.integer({ min: 1, max: largestSide });
  return fc
    .tuple(side, side)
    .chain(([rows, columns]) =>
      fc
        .uint8Array({ max: highest, minLength: rows * columns, maxLength: rows * columns })
        .map((values) => ({ rows, columns, values })),
    );
}
