/** Element types that graphs and runtimes exchange, under ONNX's own lower-case names. */
export type ElementType = 'float32' | 'float16' | 'float64' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

/** Row-major tensor data. `float16` travels as its bit patterns in a Uint16Array, `bool` as 0 or 1 in a Uint8Array. */
export interface Tensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Uint16Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
}

/**
 * Memory, of the device or of the process, did not suffice for a run or a session. What was loaded before can be used
 * again.
 */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/**
 * A loaded model. `run` computes all outputs, or only those named in `fetches`; it rejects with an OutOfMemoryError
 * when memory runs out.
 */
export interface Session {
  run(feeds: Readonly<Record<string, Tensor>>, fetches?: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * A model as bytes with the bytes of its external files by location, or as a file whose external files lie beside it.
 */
export type ModelSource =
  | { readonly bytes: Uint8Array; readonly externalData?: Readonly<Record<string, Uint8Array>> }
  | { readonly path: string };

/**
 * What executes models: the port between the rooms that write graphs and the engine that owns ONNX Runtime.
 * Rooms above the engine receive a Runtime as an argument and never import onnxruntime themselves.
 */
export interface Runtime {
  /** The execution provider that really loaded, e.g. `cpu` or `cuda`. */
  readonly provider: string;
  /** Threads that one operator may use on a processor; not known when left out. */
  readonly threads?: number;
  /**
   * Where a processor has several threads: runtimes of one thread each, whose sessions compute at the same time, so
   * that images that come together need not wait for each other within an operator. The first one blocks the calling
   * thread as this runtime does, the others do not.
   */
  readonly lanes?: readonly Runtime[];
  /** Of a lane: whether one of its sessions computes now, so that another one would wait for it. */
  readonly isBusy?: boolean;
  /** Rejects with an OutOfMemoryError when memory runs out. */
  createSession(model: ModelSource): Promise<Session>;
}
