import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { writeFully } from '@mediclip/files';
import { featureBytes } from './feature-cache.js';
import type { Features } from './features.js';

const memoryBytes = 2 ** 27;

/**
 * The features of any number of images in the order in which they were added: the first ones in memory, up to a number
 * of bytes, the others in a file that goes away with the process. All have the same shapes.
 */
export class FeatureStore {
  readonly #kept: Features[] = [];
  /** Values per tap. */
  #tapSizes: readonly number[] = [];
  #size = 0;
  #file: FileHandle | undefined;

  /** The file, if one is needed, is made in `folder`. */
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, maxBytes: number = memoryBytes) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#size;
  }

  async add(features: Features): Promise<void> {
    this.#tapSizes = features.map((tap) => tap.length);
    if ((this.#size + 1) * featureBytes(features) <= this.#maxBytes) this.#kept.push(features);
    else await this.#write(features);
    this.#size += 1;
  }

  /** Throws a RangeError for an image that was never added. */
  async get(index: number): Promise<Features> {
    if (!(index >= 0 && index < this.#size)) throw new RangeError(`There are no features of image ${index}.`);
    return this.#kept[index] ?? this.#read(index - this.#kept.length);
  }

  async release(): Promise<void> {
    this.#kept.length = 0;
    this.#size = 0;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(features: Features): Promise<void> {
    this.#file ??= await this.#open();
    let position = (this.#size - this.#kept.length) * featureBytes(features);
    for (const tap of features) {
      await writeFully(this.#file, new Uint8Array(tap.buffer, tap.byteOffset, tap.byteLength), position);
      position += tap.byteLength;
    }
  }

  async #read(place: number): Promise<Features> {
    const features = this.#tapSizes.map((size) => new Float32Array(size));
    let position = place * featureBytes(features);
    for (const tap of features) {
      await readWhole(this.#file!, tap, position);
      position += tap.byteLength;
    }
    return features;
  }

  /** A file without a name: nothing is left of it when the process ends. */
  async #open(): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true });
    const name = path.join(this.#folder, `features-${randomUUID()}`);
    const file = await open(name, 'wx+');
    await unlink(name);
    return file;
  }
}

async function readWhole(file: FileHandle, { buffer, byteOffset, byteLength }: Float32Array, position: number) {
  for (let done = 0; done < byteLength; ) {
    const rest = new Uint8Array(buffer, byteOffset + done, byteLength - done);
    const { bytesRead } = await file.read(rest, 0, rest.length, position + done);
    if (bytesRead === 0) throw new Error('The file of features is shorter than what was written to it.');
    done += bytesRead;
  }
}
