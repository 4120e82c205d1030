import { crc32, deflateSync } from 'node:zlib';

export interface HugePngOptions {
  /** Bits a channel. */
  readonly bitDepth?: 1 | 8 | 16;
  /** Colour type: grey, RGB, grey with alpha, RGB with alpha. */
  readonly colourType?: 0 | 2 | 4 | 6;
}

/** A small PNG that declares `side` x `side` pixels, all of whose samples are 0; by default grey ones of one bit. */
export function hugePng(side: number, { bitDepth = 1, colourType = 0 }: HugePngOptions = {}): Buffer {
  const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[colourType];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = bitDepth;
  header[9] = colourType;
  const rows = Buffer.alloc(side * (1 + Math.ceil((side * channels * bitDepth) / 8)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
