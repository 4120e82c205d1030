import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const grey = 0;

/** A grey PNG of one bit a pixel that says it is `width` x `height`; its data are `dataBytes` zeros, compressed. */
export function greyPng(width: number, height: number, dataBytes = height * (1 + Math.ceil(width / 8))): Buffer {
  return png(width, height, 1, Buffer.alloc(dataBytes));
}

/** A grey PNG of these pixels, 8 bits each. */
export function picturePng(width: number, height: number, pixels: Uint8Array): Buffer {
  const rows = Array.from({ length: height }, (_, y) => pixels.subarray(y * width, (y + 1) * width));
  return png(width, height, 8, Buffer.concat(rows.flatMap((row) => [Buffer.alloc(1), row])));
}

/** The PNG with a text chunk and EXIF that hold `text`. */
export function pngWithText(file: Uint8Array, text: string): Buffer {
  const headerEnd = 33;
  const added = ['tEXt', 'eXIf'].map((type) => chunk(type, Buffer.from(`Comment\0${text}`)));
  return Buffer.concat([file.subarray(0, headerEnd), ...added, file.subarray(headerEnd)]);
}

function png(width: number, height: number, bits: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, grey], 8);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(data.length + 12);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, 'latin1');
  framed.set(data, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, data.length + 8)), data.length + 8);
  return framed;
}
