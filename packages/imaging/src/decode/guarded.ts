import { outOfMemory } from '../image/image-error.js';
import type { ImageLimits } from '../image/limits.js';
import { withinTime } from '../image/time-limit.js';

/**
 * Settles as `work` does, or rejects with `timed-out` once the time limit has passed and with `out-of-memory` where a
 * buffer could not be had.
 */
export async function guarded<T>({ timeoutMs }: ImageLimits, work: () => T | Promise<T>): Promise<T> {
  try {
    return await withinTime(Promise.resolve().then(work), timeoutMs);
  } catch (error) {
    const ranOut = error instanceof RangeError && /allocation failed|array length/i.test(error.message);
    throw ranOut ? outOfMemory(error) : error;
  }
}
