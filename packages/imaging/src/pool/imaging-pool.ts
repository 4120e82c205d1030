import { setImmediate as nextTurn } from 'node:timers/promises';
import { ByteBudget, TaskPool, type TaskStream } from '@mediclip/threads';
import type { DicomIdentity } from '../dicom/identity.js';
import type { GreyPixels } from '../greys/grey-values.js';
import { ImageError } from '../image/image-error.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import type { Reading } from '../image/reading.js';
import { timedOut } from '../image/time-limit.js';
import type { OverlayOptions } from '../overlay/overlay.js';
import type { Raster } from '../resize/raster.js';
import type { Frame, FrameWants } from './frame-products.js';
import type { ImageSource } from './image-source.js';
import type { ImagingData, ImagingTasks } from './imaging-thread.js';

const entry = new URL('../../dist/pool/imaging-thread.js', import.meta.url);
/** What a task may take beyond the time limit of decoding, for what comes after it. */
const graceMs = 5_000;
const pieceBytes = 4 * 1024 * 1024;
/** What a thread has of the memory for decoding to itself, so that small images need not ask for theirs: at most ... */
const mostOwnBytes = 16 * 1024 * 1024;
/** ... this part of all, for all threads together. */
const ownPart = 1 / 32;

export interface ImagingPoolOptions {
  /** Images that are worked on at once. */
  readonly threads: number;
  readonly limits?: Partial<ImageLimits>;
  /**
   * What the threads may take for decoding at once, in bytes: images that do not fit wait their turn. No limit by
   * default.
   */
  readonly decodingBytes?: number;
  readonly reading?: Reading | undefined;
  /** How much the threads give way to others where cores are short, from 0 (the default) to 19. */
  readonly niceness?: number;
}

export interface ImagingOptions {
  readonly signal?: AbortSignal | undefined;
  /** Waiting files of different callers take turns. */
  readonly caller?: string | undefined;
}

export interface FramesOptions extends ImagingOptions {
  /** How files are read that can be read in more than one way; by default as the pool was told. */
  readonly reading?: Reading | undefined;
}

export interface FrameOptions extends FramesOptions {
  /** Counted from 0; by default the first. */
  readonly frame?: number;
  /** What the numbers of a PNG that holds the values of another file mean. */
  readonly pixels?: GreyPixels | undefined;
}

/**
 * Decodes, resizes and draws in worker threads, so that no event loop waits for an image. Every method rejects with an
 * ImageError for a file that is refused, with the signal's reason once that is aborted, and with a ThreadError when the
 * thread ends, too many files wait or the pool is closed; other tasks go on.
 *
 * @example
 * const pool = await ImagingPool.start({ threads: 2 });
 * const { prepared, description } = await pool.frame(bytes, { prepared: { side: 224, kind: 'test' } });
 * await pool.close();
 */
export class ImagingPool {
  readonly #pool: TaskPool<ImagingTasks>;
  readonly #limits: ImageLimits;
  readonly #reading: Reading | undefined;

  private constructor(pool: TaskPool<ImagingTasks>, limits: ImageLimits, reading: Reading | undefined) {
    this.#pool = pool;
    this.#limits = limits;
    this.#reading = reading;
  }

  /** Rejects with a RangeError for a number of threads or a limit below 1, and when a thread cannot start. */
  static async start({
    threads,
    limits,
    decodingBytes = Number.MAX_SAFE_INTEGER,
    reading,
    niceness = 0,
  }: ImagingPoolOptions): Promise<ImagingPool> {
    const resolved = resolveLimits(limits);
    const { timeoutMs } = resolved;
    const ownBytes = Math.min(mostOwnBytes, Math.floor((decodingBytes * ownPart) / threads));
    const sharedBytes = decodingBytes - threads * ownBytes;
    const pool = new TaskPool<ImagingTasks>({
      entry,
      threads,
      data: { limits: resolved, sharedBytes } satisfies ImagingData,
      budget: new ByteBudget({ bytes: sharedBytes }),
      ownBytes,
      niceness,
      errors: [ImageError],
      timeoutMs: timeoutMs + graceMs,
      timeoutError: () => timedOut(timeoutMs),
    });
    await pool.start();
    return new ImagingPool(pool, resolved, reading);
  }

  /** What is wanted of a frame of the file. */
  async frame<const Wants extends FrameWants>(
    source: ImageSource,
    wants: Wants,
    { frame = 0, pixels, reading = this.#reading, ...options }: FrameOptions = {},
  ): Promise<Frame<Wants>> {
    const owned = source instanceof Uint8Array ? await this.#copyOf(source) : source;
    const transfer = owned instanceof Uint8Array ? [owned.buffer] : [];
    const request = { source: owned, frame, wants, pixels, reading };
    return (await this.#pool.run('frame', request, { ...options, transfer })) as Frame<Wants>;
  }

  /**
   * What is wanted of all frames of a DICOM file, or of the only image of another, one after the other. The file is
   * read once, by the thread, and handed over at once; no more than two frames wait to be taken. Bytes are moved to the
   * thread: they are gone here.
   */
  frames<const Wants extends FrameWants>(
    source: { readonly path: string } | Uint8Array<ArrayBuffer>,
    wants: Wants,
    { reading = this.#reading, ...options }: FramesOptions = {},
  ): TaskStream<Frame<Wants>> {
    const transfer = source instanceof Uint8Array ? [source.buffer] : [];
    return this.#pool.stream('frames', { source, wants, reading }, { ...options, transfer }) as TaskStream<
      Frame<FrameWants>
    > as TaskStream<Frame<Wants>>;
  }

  /** What a DICOM file says that it is, without a look at its pixels; undefined for a file of another kind. */
  identity(source: { readonly path: string }, options: ImagingOptions = {}): Promise<DicomIdentity | undefined> {
    return this.#pool.run('identity', source, options);
  }

  /** A PNG of an image and its heat map; `ground` is what `frame` or `frames` gave of it. See `drawOverlay`. */
  overlay(
    ground: Raster,
    map: Float32Array,
    mapSide: number,
    overlay: OverlayOptions,
    options: ImagingOptions = {},
  ): Promise<Uint8Array> {
    return this.#pool.run('overlay', { ground, map, mapSide, options: overlay }, options);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** A copy to give away, once it is known to be small enough; made in pieces, for the event loop to go on. */
  async #copyOf(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    checkBytes(bytes.length, this.#limits);
    const copy = new Uint8Array(bytes.length);
    for (let begin = 0; begin < bytes.length; begin += pieceBytes) {
      copy.set(bytes.subarray(begin, begin + pieceBytes), begin);
      if (bytes.length > pieceBytes) await nextTurn();
    }
    return copy;
  }
}
