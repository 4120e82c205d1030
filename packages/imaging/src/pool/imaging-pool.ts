import { setImmediate as letOthersRun } from 'node:timers/promises';
import { ImageError } from '../image/image-error.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { timedOut } from '../image/time-limit.js';
import type { OverlayOptions } from '../overlay/overlay.js';
import type { ImageDescription, ImagingReply, ImagingTask, PreparedImage, PreparedKind } from './imaging-task.js';
import { TaskTimeout, ThreadPool } from './thread-pool.js';

const ENTRY = new URL('../../dist/pool/imaging-thread.js', import.meta.url);
/** What a task may take beyond the time limit of decoding, for what comes after it. */
const GRACE_MS = 5_000;
const PIECE_BYTES = 4 * 1024 * 1024;

export interface ImagingPoolOptions {
  /** Images that are worked on at once. */
  readonly threads: number;
  readonly limits?: Partial<ImageLimits>;
}

export interface TaskOptions {
  readonly signal?: AbortSignal;
  /** Frame of the file, counted from 0; by default the first. */
  readonly frame?: number;
}

/**
 * Decodes, resizes and draws in worker threads, so that no event loop waits for an image. Every method rejects with an
 * ImageError for a file that is refused, with the signal's reason once that is aborted, and with an Error when the
 * thread crashes or the pool is closed; other tasks go on.
 *
 * @example
 * const pool = await ImagingPool.start({ threads: 2 });
 * const { image, notes } = await pool.prepare(bytes, { side: 224, kind: 'test' });
 * await pool.close();
 */
export class ImagingPool {
  private constructor(
    private readonly pool: ThreadPool<ImagingTask, ImagingReply>,
    private readonly limits: ImageLimits,
  ) {}

  static async start({ threads, limits }: ImagingPoolOptions): Promise<ImagingPool> {
    if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`A pool of ${threads} threads does no work.`);
    const resolved = resolveLimits(limits);
    const timeoutMs = resolved.timeoutMs + GRACE_MS;
    const pool = new ThreadPool<ImagingTask, ImagingReply>(ENTRY, { threads, timeoutMs }, resolved);
    await pool.start();
    return new ImagingPool(pool, resolved);
  }

  /** Decodes a file to check it, and tells what it is. */
  async describe(bytes: Uint8Array, { signal, frame = 0 }: TaskOptions = {}): Promise<ImageDescription> {
    const { description } = await this.run({ what: 'describe', bytes: await this.owned(bytes), frame }, signal);
    return description;
  }

  /** The image as training, scoring or evaluation takes it, `side` x `side`. */
  async prepare(
    bytes: Uint8Array,
    { side, kind }: { readonly side: number; readonly kind: PreparedKind },
    { signal, frame = 0 }: TaskOptions = {},
  ): Promise<PreparedImage> {
    const { description, image } = await this.run(
      { what: 'prepare', bytes: await this.owned(bytes), frame, side, kind },
      signal,
    );
    return { ...description, image: image! };
  }

  /** The pixels of a frame as a PNG without any tag of the file, and what they are. */
  async png(
    bytes: Uint8Array,
    { signal, frame = 0 }: TaskOptions = {},
  ): Promise<{ readonly png: Uint8Array; readonly description: ImageDescription }> {
    const { description, png } = await this.run({ what: 'png', bytes: await this.owned(bytes), frame }, signal);
    return { description, png: png! };
  }

  /** A PNG of the file under its heat map; see `renderOverlay`. */
  async overlay(
    bytes: Uint8Array,
    map: Float32Array,
    mapSide: number,
    options: OverlayOptions = {},
    { signal, frame = 0 }: TaskOptions = {},
  ): Promise<Buffer> {
    const task: ImagingTask = {
      what: 'overlay',
      bytes: await this.owned(bytes),
      frame,
      map: map.slice(),
      mapSide,
      options,
    };
    const { png } = await this.run(task, signal);
    return Buffer.from(png!.buffer, png!.byteOffset, png!.byteLength);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  /** A copy to give away, once it is known to be small enough; made in pieces, for the event loop to go on. */
  private async owned(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    checkBytes(bytes.length, this.limits);
    const copy = new Uint8Array(bytes.length);
    for (let begin = 0; begin < bytes.length; begin += PIECE_BYTES) {
      copy.set(bytes.subarray(begin, begin + PIECE_BYTES), begin);
      if (bytes.length > PIECE_BYTES) await letOthersRun();
    }
    return copy;
  }

  private async run(task: ImagingTask, signal: AbortSignal | undefined) {
    const reply = await this.pool.run(task, [task.bytes.buffer as ArrayBuffer], signal).catch((error: unknown) => {
      throw error instanceof TaskTimeout ? timedOut(this.limits.timeoutMs) : error;
    });
    if ('imageError' in reply) throw new ImageError(reply.imageError.code, reply.imageError.message);
    if ('error' in reply) throw new Error(`${reply.error.name}: ${reply.error.message}`);
    return reply;
  }
}
