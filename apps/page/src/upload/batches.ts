import type { PlannedImage } from './plan.js';
import { fieldsOf, type Reading } from './reading.js';

const filesAtOnce = 20;
const bytesAtOnce = 64 * 1024 * 1024;

/** Parts of an upload of at most 20 pictures and 64 MB each (one picture may be larger), of one kind each. */
export function batchesOf(images: readonly PlannedImage[]): PlannedImage[][] {
  const batches: PlannedImage[][] = [];
  let bytes = 0;
  for (const image of images) {
    const size = image.file.size + (image.mask?.size ?? 0);
    const last = batches.at(-1);
    if (last === undefined || last.length >= filesAtOnce || bytes + size > bytesAtOnce) {
      batches.push([image]);
      bytes = size;
    } else {
      last.push(image);
      bytes += size;
    }
  }
  return batches;
}

export interface FormBody {
  readonly contentType: string;
  readonly body: Blob;
}

/**
 * The form of a batch. It has the same bytes whenever it is sent, so that an idempotency key makes its repetition safe.
 */
export function formOf(images: readonly PlannedImage[], reading: Reading = {}): FormBody {
  const boundary = `mediclip-${crypto.randomUUID()}`;
  const parts: BlobPart[] = [];
  const field = (name: string, value: string) =>
    parts.push(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  const file = (name: string, content: File) =>
    parts.push(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${escaped(content.name)}"\r\n`,
      'content-type: application/octet-stream\r\n\r\n',
      content,
      '\r\n',
    );
  for (const [name, value] of fieldsOf(reading)) field(name, value);
  let lastGroup: string | undefined;
  for (const { file: image, split, label, mask, group } of images) {
    field('split', split);
    field('label', label);
    // An empty one ends the one before.
    if (group !== lastGroup) field('group', group ?? '');
    lastGroup = group;
    file('file', image);
    if (mask !== undefined) file('mask', mask);
  }
  parts.push(`--${boundary}--\r\n`);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: new Blob(parts) };
}

/** A file name as the HTML standard writes it into a form (4.10.21.8). */
const escaped = (name: string): string => name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');
