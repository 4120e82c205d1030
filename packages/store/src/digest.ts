import { createHash } from 'node:crypto';
import { setImmediate as letOthersRun } from 'node:timers/promises';

const pieceBytes = 4 * 1024 * 1024;

/** `bytes` in pieces small enough that what is done with one of them holds up nobody. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let begin = 0; begin < bytes.byteLength; begin += pieceBytes) yield bytes.subarray(begin, begin + pieceBytes);
}

/** SHA-256 of `bytes`, hexadecimal. The event loop goes on meanwhile, however many bytes there are. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (const piece of piecesOf(bytes)) {
    hash.update(piece);
    if (bytes.byteLength > pieceBytes) await letOthersRun();
  }
  return hash.digest('hex');
}
