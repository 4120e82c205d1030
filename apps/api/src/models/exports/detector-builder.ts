import { TaskThread } from '../../threads/task-thread.js';

/** A detector as a model for any ONNX Runtime, and what it was made with. */
export interface BuiltDetector {
  /** Id of its backbone. */
  readonly backbone: string;
  readonly backboneDigest: string;
  readonly taps: readonly number[];
  /** The bytes of `detector.onnx`. */
  readonly onnx: Uint8Array;
  /** The weight files that must lie beside it: absolute path by name. */
  readonly weights: Readonly<Record<string, string>>;
}

const entry = new URL('../../../dist/models/exports/detector-builder-thread.js', import.meta.url);

/** Builds `detector.onnx` in a thread of its own: it opens weights and writes graphs, which no event loop may wait for. */
export class DetectorBuilder {
  readonly #thread: TaskThread<string, BuiltDetector>;

  constructor(modelsFolder: string) {
    this.#thread = new TaskThread(entry, { modelsFolder });
  }

  /**
   * The detector in `folder`. Rejects with an `AdaptationError` when it is damaged or was made with other weights than those here, with
   * a `WeightsError` when its backbone cannot be opened, and with an Error when the thread ends.
   */
  build(folder: string): Promise<BuiltDetector> {
    return this.#thread.ask(folder);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
