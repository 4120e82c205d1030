import { createHash } from 'node:crypto';

/**
 * The UID of what a model says of `sourceUids` (PS3.5, B.2: 2.25 and a UUID as one number). It is a function of its
 * arguments alone, so that what is written again has the same UID; the UUID is one of version 8, made of a SHA-256.
 */
export function derivedUid(modelDigest: string, sourceUids: readonly string[], purpose: string): string {
  const hash = createHash('sha256').update(JSON.stringify([modelDigest, purpose, ...sourceUids]));
  const bytes = hash.digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}
