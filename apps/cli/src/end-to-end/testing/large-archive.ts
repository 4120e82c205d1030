import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A grey PNG `[side, side]` of noise, which nothing can make smaller: its file is as large as its pixels. */
export function noisePng(side: number): Buffer {
  const rows = Buffer.concat(Array.from({ length: side }, () => Buffer.concat([Buffer.of(0), randomBytes(side)])));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows, { level: 0 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/**
 * A tar of `count` different images of noise under `train/normal`, made while it is read: one image is in memory at a
 * time.
 */
export async function* noiseArchive(count: number, side: number): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const writing = (async () => {
    for (let i = 0; i < count; i++) {
      const content = noisePng(side);
      await new Promise<void>((resolve, reject) => {
        archive.entry({ name: `train/normal/${i}.png`, size: content.length }, content, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    }
    archive.finalize();
  })();
  yield* archive as AsyncIterable<Uint8Array>;
  await writing;
}
