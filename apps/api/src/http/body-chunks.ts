import type { Readable } from 'node:stream';
import { ClientGone } from './client-gone.js';

/**
 * The chunks of a body. One that is not read to its end stays open, so that its sender can still be answered. Throws
 * `ClientGone` when the connection closes before all of it was read, whether all of it had arrived or not.
 */
export async function* bodyChunks(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch {
    throw new ClientGone();
  }
}
