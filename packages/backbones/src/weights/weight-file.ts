import { basename } from 'node:path';
import { cast, constant, externalConstant, mul, reshape, type Value } from '@mediclip/onnx-graph';
import { WeightsError } from '../weights-error.js';
import type { SafetensorsHeader, TensorLocation } from './safetensors/header.js';
import { readFileBytes, readSafetensorsHeader } from './safetensors/read.js';
import { tensorArrays, toFloat32 } from './safetensors/tensor.js';

/**
 * Types to which graphs can refer in place, under ONNX's names. Tensors of other types are written into the graph as
 * float32.
 */
const externalTypes = { F32: 'float32', F16: 'float16', I8: 'int8' } as const;

/**
 * The tensors of one safetensors file, as float32 constants for graphs (which refer to the file and do not copy it) and
 * as numbers.
 *
 * An I8 tensor `name` is multiplied by its companion `name_scale`, broadcast; if it has three axes, [rows, groups,
 * columns], it stands for the matrix [rows, groups * columns] with a scale per group.
 */
export class WeightFile {
  /** The name by which graphs refer to the file. */
  readonly location: string;
  readonly #tensors: SafetensorsHeader['tensors'];
  readonly #constants = new Map<string, Value>();

  /** Reads the header only. Throws `WeightsError`. */
  constructor(readonly path: string) {
    this.location = basename(path);
    this.#tensors = readSafetensorsHeader(path).tensors;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** Whether any tensor's name starts with `prefix`. */
  hasPrefix(prefix: string): boolean {
    return [...this.#tensors.keys()].some((name) => name.startsWith(prefix));
  }

  /** The shape of what `constant` and `numbers` give. */
  shape(name: string): readonly number[] {
    const { dtype, shape } = this.#find(name);
    return dtype === 'I8' && shape.length === 3 ? [shape[0]!, shape[1]! * shape[2]!] : shape;
  }

  /**
   * A tensor as a float32 constant; always the same one for the same name. Throws `WeightsError` if its shape is
   * another.
   */
  constant(name: string, shape: readonly number[]): Value {
    this.expectShape(name, shape);
    return this.#once(name, () => {
      const stored = this.#find(name);
      const value = this.#constantAt(name, stored.dtype, stored.shape, stored.offsetBytes);
      if (stored.dtype !== 'I8') return value;
      return reshape(mul(value, this.constant(`${name}_scale`, [...stored.shape.slice(0, -1), 1])), shape);
    });
  }

  /**
   * Rows `start` (included) to `end` (left out) of a tensor of `shape` that is not quantised, as a float32 constant.
   */
  rowsConstant(name: string, shape: readonly number[], start: number, end: number): Value {
    this.expectShape(name, shape);
    return this.#once(`${name}[${start}:${end}]`, () => {
      const { dtype, offsetBytes, lengthBytes } = this.#find(name);
      const rowBytes = lengthBytes / shape[0]!;
      return this.#constantAt(name, dtype, [end - start, ...shape.slice(1)], offsetBytes + start * rowBytes);
    });
  }

  /** A tensor that is not quantised, as numbers. */
  numbers(name: string): Float32Array {
    const { dtype, shape, offsetBytes } = this.#find(name);
    return this.#read(dtype, shape, offsetBytes);
  }

  /**
   * The given rows of a matrix (if quantised, with a scale per row), one after the other: [rows.length, columns]. Only
   * they are read.
   */
  rows(name: string, rows: readonly number[]): Float32Array {
    const { dtype, shape, offsetBytes, lengthBytes } = this.#find(name);
    const rowBytes = lengthBytes / shape[0]!;
    const columns = this.shape(name)[1]!;
    const scales = dtype === 'I8' ? this.numbers(`${name}_scale`) : undefined;
    const known = new Map<number, Float32Array>();
    const gathered = new Float32Array(rows.length * columns);
    for (const [index, row] of rows.entries()) {
      const values = known.get(row) ?? this.#read(dtype, [columns], offsetBytes + row * rowBytes);
      known.set(row, values);
      const scale = scales?.[row] ?? 1;
      gathered.set(scales ? values.map((value) => value * scale) : values, index * columns);
    }
    return gathered;
  }

  expectShape(name: string, shape: readonly number[]): void {
    const actual = this.shape(name);
    if (actual.length !== shape.length || actual.some((extent, axis) => extent !== shape[axis])) {
      throw new WeightsError(
        'bad-shape',
        `${this.path}: "${name}" is [${actual.join(', ')}] and should be [${shape.join(', ')}]; check that the file belongs to this backbone.`,
      );
    }
  }

  #find(name: string): TensorLocation {
    const tensor = this.#tensors.get(name);
    if (!tensor) {
      throw new WeightsError(
        'missing-tensor',
        `${this.path} has no tensor "${name}"; check that the file belongs to this backbone.`,
      );
    }
    return tensor;
  }

  #once(key: string, make: () => Value): Value {
    const value = this.#constants.get(key) ?? make();
    this.#constants.set(key, value);
    return value;
  }

  #constantAt(name: string, dtype: TensorLocation['dtype'], shape: readonly number[], offset: number): Value {
    if (!isExternalType(dtype)) return constant(this.#read(dtype, shape, offset), shape, name);
    const length = byteLength(dtype, shape);
    const stored = externalConstant(externalTypes[dtype], shape, { location: this.location, offset, length }, name);
    return cast(stored, 'float32');
  }

  #read(dtype: TensorLocation['dtype'], shape: readonly number[], offsetBytes: number): Float32Array {
    const bytes = readFileBytes(this.path, offsetBytes, byteLength(dtype, shape));
    return toFloat32({ dtype, shape, data: new tensorArrays[dtype](bytes.buffer) });
  }
}

function isExternalType(dtype: TensorLocation['dtype']): dtype is keyof typeof externalTypes {
  return Object.hasOwn(externalTypes, dtype);
}

function byteLength(dtype: TensorLocation['dtype'], shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, tensorArrays[dtype].BYTES_PER_ELEMENT);
}
