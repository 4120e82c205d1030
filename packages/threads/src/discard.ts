import { types } from 'node:util';
import { MessageChannel } from 'node:worker_threads';

const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * Frees the memory of arrays now, which V8 would only do once it has found out that nobody uses them. They are empty
 * afterwards, for all who have them: so this is for who is the last to use them. An array that is a part of a buffer is
 * left to V8, for the rest of the buffer may be others'.
 */
export function discard(arrays: Iterable<ArrayBufferView>): void {
  for (const { buffer, byteLength } of arrays) {
    if (!types.isArrayBuffer(buffer) || byteLength === 0 || byteLength < buffer.byteLength) continue;
    try {
      // What is moved to a port that leads nowhere ends there.
      nowhere.postMessage(undefined, [buffer]);
    } catch {
      // Memory that is not V8's own cannot be moved.
    }
  }
}
