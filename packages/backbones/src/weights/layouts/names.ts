import type { Linear, Norm } from '../../towers/transformer.js';
import { WeightsError } from '../../weights-error.js';
import type { WeightFile } from '../weight-file.js';

/** How many blocks `prefix.0`, `prefix.1`, … a file holds. Throws `WeightsError` when there are none. */
export function countBlocks(file: WeightFile, prefix: string): number {
  let count = 0;
  while (file.hasPrefix(`${prefix}.${count}.`)) count += 1;
  if (count === 0) {
    throw new WeightsError(
      'missing-tensor',
      `${file.path} has no tensors "${prefix}.0.…"; check that the file belongs to this backbone.`,
    );
  }
  return count;
}

/** A linear layer of `out` x `inner`, stored as `name.weight` and `name.bias`. */
export function linearAt(file: WeightFile, name: string, out: number, inner: number): Linear {
  return { weight: file.constant(`${name}.weight`, [out, inner]), bias: file.constant(`${name}.bias`, [out]) };
}

/** A layer norm over `width`, stored as `name.weight` and `name.bias`. */
export function normAt(file: WeightFile, name: string, width: number, epsilon: number): Norm {
  return {
    scale: file.constant(`${name}.weight`, [width]),
    bias: file.constant(`${name}.bias`, [width]),
    epsilon,
  };
}

/** The two extents of a matrix. Throws `WeightsError` when the tensor is none. */
export function matrixShape(file: WeightFile, name: string): readonly [number, number] {
  const [rows, columns, ...more] = file.shape(name);
  if (rows === undefined || columns === undefined || more.length > 0) {
    throw new WeightsError(
      'bad-shape',
      `${file.path}: "${name}" should be a matrix; check that the file belongs to this backbone.`,
    );
  }
  return [rows, columns];
}

/** Refuses a number of attention heads that does not divide a tower's width. */
export function checkHeads(file: WeightFile, heads: number, width: number): void {
  if (!(Number.isInteger(heads) && heads > 0 && width % heads === 0)) {
    throw new WeightsError(
      'bad-configuration',
      `${file.path}: ${heads} attention heads do not divide the width ${width}; give the number that the weights were trained with.`,
    );
  }
}

/**
 * Side of the square grid that an image tower's positions stand for, next to the class token's. Throws `WeightsError`
 * when it is no square.
 */
export function gridSide(file: WeightFile, positions: number): number {
  const grid = Math.round(Math.sqrt(positions - 1));
  if (!(grid >= 1 && grid * grid === positions - 1)) {
    throw new WeightsError(
      'bad-configuration',
      `${file.path} has ${positions} image positions, which is no square and a class token; check that the file belongs to this backbone.`,
    );
  }
  return grid;
}
