import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';
import { ZipFile } from 'yazl';

/** SHA-256, hexadecimal. */
export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The files with digests that fit them. */
export function withSums(changed: Map<string, Buffer>): Map<string, Buffer> {
  const sums = [...changed]
    .filter(([name]) => name !== 'SHA256SUMS')
    .map(([name, content]) => `${sha256(content)}  ${name}\n`);
  return changed.set('SHA256SUMS', Buffer.from(sums.join('')));
}

/** Content by name, in the order of the archive. */
export async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const archived = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  for await (const entry of archived.eachEntry()) {
    found.set(entry.fileName, await buffer(await archived.openReadStreamPromise(entry)));
  }
  return found;
}

/** An archive of these files. */
export async function zip(content: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, bytes] of content) file.addBuffer(bytes, name, { compress: false });
  file.end();
  return buffer(file.outputStream);
}
