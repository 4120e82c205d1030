import { setFlagsFromString } from 'node:v8';
import { corruptImage, outOfMemory } from '../../image/image-error.js';

/** A module whose memory has grown beyond this is given back after use; the memory itself never shrinks. */
const keptBytes = 64 * 1024 * 1024;
/** A module that fails with more memory than this has reached the limit of 2 GiB. */
const exhaustedBytes = 1024 * 1024 * 1024;

const nodeVersion = Number.parseInt(process.versions.node, 10);
/** V8 of Node 26 ends the process over a module that it is to optimise without having run it. */
const newestToOptimise = 24;

/** The samples of a frame: a copy, or lent by a codec that has them in its memory and takes them back after use. */
export interface Decoded {
  readonly samples: Uint8Array | Uint16Array;
  readonly isLent: boolean;
}

/**
 * A decoder that is compiled to WebAssembly. Its module is loaded once, and anew after a failure, for one that has
 * aborted stays broken.
 */
export class WasmCodec<M extends CodecModule, D extends CodecDecoder> {
  readonly #load: (options: CodecLoaderOptions) => Promise<M>;
  readonly #open: (module: M) => D;
  #loaded: Promise<M> | undefined;

  constructor(load: (options: CodecLoaderOptions) => Promise<M>, open: (module: M) => D) {
    this.#load = load;
    this.#open = open;
  }

  /**
   * Decodes a frame and hands its samples to `use`, which must have done with them when it returns where they are lent.
   * Errors: `corrupt-image`, and `out-of-memory` where the codec needs more than it can have.
   */
  async decode<R>(bytes: Uint8Array, use: (decoded: Decoded, decoder: D) => R): Promise<R> {
    const module = await this.#module();
    const { samples, decoder } = this.#decoded(module, bytes);
    try {
      return use({ samples, isLent: samples.buffer === module.HEAPU8.buffer }, decoder);
    } finally {
      decoder.delete();
      if (module.HEAPU8.length > keptBytes) this.#loaded = undefined;
    }
  }

  async #module(): Promise<M> {
    if (this.#loaded === undefined) {
      optimiseAsLoaded();
      // A new object each time, for the loaders make it their module.
      this.#loaded = this.#load({ print: () => {}, printErr: () => {} });
    }
    try {
      return await this.#loaded;
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  #decoded(module: M, bytes: Uint8Array) {
    try {
      const decoder = this.#open(module);
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      const decoded = decoder.getDecodedBuffer();
      const isWide = decoder.getFrameInfo().bitsPerSample > 8;
      const samples = isWide ? new Uint16Array(decoded.buffer, decoded.byteOffset, decoded.length / 2) : decoded;
      return { samples, decoder };
    } catch {
      this.#loaded = undefined;
      throw module.HEAPU8.length > exhaustedBytes
        ? outOfMemory()
        : corruptImage('DICOM', 'a compressed frame cannot be decoded');
    }
  }
}

/**
 * Has V8 optimise WebAssembly when it is loaded. By itself it does so while a first frame is decoded, beside all memory
 * that decoding takes; the first frame of a thread is done sooner. Not where V8 cannot do so.
 */
function optimiseAsLoaded(): void {
  if (nodeVersion <= newestToOptimise) setFlagsFromString('--no-liftoff');
}
