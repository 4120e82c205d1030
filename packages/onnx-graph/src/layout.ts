import { apply, constant, describe, indices, type Shape, sizeOf, type Value } from './value.js';

const normaliseAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export function reshape(x: Value, shape: Shape): Value {
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw new RangeError(`${describe(x)} cannot be reshaped to [${shape.join(', ')}]`);
  }
  return apply('Reshape', [x, indices(shape)], [{ dtype: x.dtype, shape }])[0]!;
}

/**
 * Permutes axes: result axis `i` is axis `permutation[i]` of `x`. Without a permutation the last two axes change
 * places.
 */
export function transpose(x: Value, permutation: readonly number[] = swapLastTwo(x.shape.length)): Value {
  if (permutation.length !== x.shape.length || new Set(permutation).size !== permutation.length) {
    throw new RangeError(`[${permutation.join(', ')}] is no permutation of the axes of ${describe(x)}`);
  }
  const shape = permutation.map((axis) => x.shape[axis]!);
  return apply('Transpose', [x], [{ dtype: x.dtype, shape }], { perm: { type: 'ints', value: permutation } })[0]!;
}

function swapLastTwo(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
}

/** Elements `start` (included) to `end` (left out) along one axis, step 1. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const along = normaliseAxis(axis, x.shape.length);
  if (!(start >= 0 && start < end && end <= x.shape[along]!)) {
    throw new RangeError(`axis ${axis} of ${describe(x)} has no elements ${start} to ${end}`);
  }
  const shape = x.shape.map((extent, i) => (i === along ? end - start : extent));
  return apply('Slice', [x, indices([start]), indices([end]), indices([along])], [{ dtype: x.dtype, shape }])[0]!;
}

export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0];
  if (!first) throw new RangeError('concat needs at least one value');
  const along = normaliseAxis(axis, first.shape.length);
  for (const value of values) {
    const fits =
      value.dtype === first.dtype &&
      value.shape.length === first.shape.length &&
      value.shape.every((extent, i) => i === along || extent === first.shape[i]);
    if (!fits) throw new RangeError(`${describe(value)} cannot be joined to ${describe(first)} along axis ${axis}`);
  }
  const joined = values.reduce((sum, value) => sum + value.shape[along]!, 0);
  const shape = first.shape.map((extent, i) => (i === along ? joined : extent));
  return apply('Concat', values, [{ dtype: first.dtype, shape }], { axis: { type: 'int', value: along } })[0]!;
}

/** Repeats `x` by broadcasting to `shape`. */
export function expand(x: Value, shape: Shape): Value {
  const offset = shape.length - x.shape.length;
  const fits = offset >= 0 && x.shape.every((extent, axis) => extent === 1 || extent === shape[axis + offset]);
  if (!fits) throw new RangeError(`${describe(x)} cannot be expanded to [${shape.join(', ')}]`);
  return apply('Expand', [x, indices(shape)], [{ dtype: x.dtype, shape }])[0]!;
}

/**
 * Rows of `x` [rows, ...] by their numbers, in any order and any number of times; a `null` gives a row of zeros.
 * `shape` replaces the first axis of the result, whose extent is `rows.length` when it is left out.
 */
export function gather(x: Value, rows: readonly (number | null)[], shape: Shape = [rows.length]): Value {
  const [count, ...rest] = x.shape as [number, ...number[]];
  if (rows.length !== sizeOf(shape) || rows.some((row) => row !== null && !(row >= 0 && row < count))) {
    throw new RangeError(`${describe(x)} has no ${rows.length} such rows to make [${shape.join(', ')}] of`);
  }
  const source = rows.includes(null) ? concat([x, zeros([1, ...rest])], 0) : x;
  const places = constant(
    BigInt64Array.from(rows, (row) => BigInt(row ?? count)),
    shape,
  );
  return apply('Gather', [source, places], [{ dtype: x.dtype, shape: [...shape, ...rest] }], {
    axis: { type: 'int', value: 0 },
  })[0]!;
}

const zeros = (shape: Shape): Value => constant(new Float32Array(sizeOf(shape)), shape);

/** Adds `before[axis]` and `after[axis]` zeros at the ends of every axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  const shape = x.shape.map((extent, axis) => extent + before[axis]! + after[axis]!);
  return apply('Pad', [x, indices([...before, ...after])], [{ dtype: x.dtype, shape }], {
    mode: { type: 'string', value: 'constant' },
  })[0]!;
}
