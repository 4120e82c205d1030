import { gifBlocks } from '../raster/gif.js';

const graphicControl = 0xf9;
const application = 0xff;
const trailer = 0x3b;
/** What browsers loop animations by: the name of an application, and one block of three bytes. */
const loopNames = ['NETSCAPE2.0', 'ANIMEXTS1.0'];
const loopBytes = 19;

/** The same GIF without comments, plain text, extensions of applications and what lies behind its trailer. */
export function plainGifFile(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let isFirst = true;
  for (const { extension, start, end } of gifBlocks(bytes)) {
    if (isFirst) pieces.push(bytes.subarray(0, start));
    isFirst = false;
    if (extension === undefined || isKept(extension, bytes.subarray(start, end)))
      pieces.push(bytes.subarray(start, end));
  }
  return Buffer.concat([...pieces, Uint8Array.of(trailer)]);
}

function isKept(extension: number, block: Uint8Array): boolean {
  if (extension === graphicControl) return block.length === 8;
  if (extension !== application || block.length !== loopBytes) return false;
  return loopNames.includes(Buffer.from(block.subarray(3, 14)).toString('latin1')) && block[14] === 3;
}
