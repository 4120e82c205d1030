/** A value whose buffers are moved to the other thread, not copied. */
export class Moved<T> {
  constructor(
    readonly value: T,
    readonly buffers: readonly ArrayBuffer[],
  ) {}
}

/** `value` as an answer (or an item) whose `buffers` are moved to the pool's thread: they are empty here afterwards. */
export function move<T>(value: T, buffers: readonly ArrayBufferLike[]): Moved<T> {
  return new Moved(
    value,
    buffers.filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer),
  );
}
