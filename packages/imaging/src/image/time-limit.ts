import { ImageError } from './image-error.js';

export function timedOut(timeoutMs: number): ImageError {
  return new ImageError(
    'timed-out',
    `Decoding took longer than ${timeoutMs} ms; save the image anew, reduce it or raise the limit.`,
  );
}

/** Settles as `work` does, or rejects with `timed-out` once `timeoutMs` have passed. */
export async function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
