import type { Draws } from './draws.js';
import { image, texts } from './values.js';

const names = ['file', 'mask', 'split', 'label', '', '__proto__', 'constructor', 'a"b', 'ü', 'x'.repeat(200)] as const;

/** The media type of `form` and `upload`. */
export const formType = 'multipart/form-data; boundary=b';

const end = Buffer.from('--b--\r\n');
const part = (head: string, content: Uint8Array) =>
  Buffer.concat([Buffer.from(`--b\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n')]);
const field = (name: string, text: string) => part(`Content-Disposition: form-data; name="${name}"`, Buffer.from(text));
const file = (name: string, fileName: string, content: Uint8Array) =>
  part(`Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: image/png`, content);

/** A form of any parts, or of images alone. */
export function form(draws: Draws): Buffer {
  const areImages = draws.chance(0.3);
  const parts = Array.from({ length: draws.below(6) }, () => {
    switch (areImages ? 4 : draws.below(4)) {
      case 4:
        return file('file', draws.pick(texts), image(draws));
      case 0:
        return field(draws.pick(names), draws.pick(texts));
      case 1:
        return file(draws.pick(names), draws.pick(texts), image(draws));
      case 2:
        return part('Content-Type: image/png', Buffer.alloc(draws.below(70_000), 'x'));
      default:
        return part(`${draws.pick(names)}: ${'x'.repeat(draws.below(20_000))}`, draws.bytes(20));
    }
  });
  return Buffer.concat([field('split', 'train'), field('label', 'normal'), ...parts, end]);
}

/** An upload of one image. */
export function upload(content: Uint8Array): Buffer {
  return Buffer.concat([field('split', 'train'), field('label', 'normal'), file('file', 'x.png', content), end]);
}

/** A request for the score of one image. */
export function scoreForm(content: Uint8Array): Buffer {
  return Buffer.concat([file('file', 'x.png', content), end]);
}

/** A body of DICOM parts, `multipart/related`. */
export function stow(draws: Draws): Buffer {
  const parts = Array.from({ length: draws.below(4) }, () =>
    part(draws.pick(['Content-Type: application/dicom', 'Content-Type: x', 'y']), image(draws)),
  );
  return Buffer.concat([...parts, end]);
}
