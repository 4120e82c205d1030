import type { Label, Split } from '@mediclip/contracts';
import { readLayout } from '@mediclip/dataset-layout';
import { filesOfArchive } from './archive-files.js';
import type { ChosenFile } from './chosen-files.js';
import { type ReadableFile, type ReadingKind, readable, readingKindsOf } from './reading.js';

/** A picture to send, with its mask. */
export interface PlannedImage {
  readonly file: File;
  readonly split: Split;
  readonly label: Label;
  readonly mask?: File;
  /** As a sample list says. */
  readonly group?: string | undefined;
}

/** What was found, before anything is sent. */
export interface Preview {
  /** A sentence that says what was found. */
  readonly found: string;
  readonly images: readonly (Pick<PlannedImage, 'split' | 'label'> & { readonly mask?: unknown })[] | undefined;
  /** What can be read in more than one way; of an archive that only the server can look into, all there is. */
  readonly readingKinds: ReadonlySet<ReadingKind>;
  /** Files that are left out, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** What would be sent. */
export interface Plan extends Preview {
  readonly images: readonly PlannedImage[];
}

/**
 * Tells by names and sample lists what each file of a folder is. Without a known layout every file is a normal one to
 * learn from.
 */
export async function planFolder(chosen: readonly ChosenFile[]): Promise<Plan> {
  const files = chosen.filter(({ file }) => !file.name.startsWith('.'));
  const layout = await readLayout(
    files.map(({ path }) => path),
    (index) => linesOf(files[index]!.file),
  );
  const images: PlannedImage[] = [];
  const leftOut = layout.missing.map(({ fileName, reason }) => ({ name: fileName, reason }));
  if (layout.kind === 'unknown') {
    const plain = files.map(({ file }): PlannedImage => ({ file, split: 'train', label: 'normal' }));
    const found = 'No known layout: all pictures are taken as normal ones to learn from.';
    return { found, images: plain, leftOut, readingKinds: await readingKindsOf(plain.map(readableImage)) };
  }
  layout.entries.forEach((entry, i) => {
    const { file, path } = files[i]!;
    if (entry.role === 'image') {
      const { split, label, mask, group } = entry;
      images.push({ file, split, label, group, ...(mask !== undefined && { mask: files[mask]!.file }) });
    } else if (entry.role === 'ignored' || entry.role === 'refused') leftOut.push({ name: path, reason: entry.reason });
  });
  return { found: layout.found, images, leftOut, readingKinds: await readingKindsOf(images.map(readableImage)) };
}

export const readableImage = ({ file }: PlannedImage): ReadableFile => readable(file);

/** What the server will find in an archive. */
export async function previewArchive(archive: Blob): Promise<Preview> {
  const files = await filesOfArchive(archive);
  if (files === undefined) {
    const found =
      'Only the server can look into this archive: it says what it has found as soon as all of it is there.';
    return { found, images: undefined, leftOut: [], readingKinds: new Set(['dicom', 'nifti']) };
  }
  const { kind, found, missing, entries } = await readLayout(
    files.map(({ path }) => path),
    async function* (index) {
      yield await files[index]!.read();
    },
  );
  const images = files.filter((_, i) => entries[i]?.role === 'image');
  return {
    found:
      kind === 'unknown' ? 'The files of this archive lie in no layout that is known: send a folder in one.' : found,
    images: entries.filter((entry) => entry.role === 'image'),
    readingKinds: await readingKindsOf(images.map(({ path, read }) => ({ name: path, read }))),
    leftOut: [
      ...missing.map(({ fileName, reason }) => ({ name: fileName, reason })),
      ...entries.flatMap((entry, i) =>
        entry.role === 'ignored' || entry.role === 'refused' ? [{ name: files[i]!.path, reason: entry.reason }] : [],
      ),
    ],
  };
}

async function* linesOf(file: File): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await file.arrayBuffer());
}

const stemOf = (name: string): string => name.replace(/\.[^.]*$/, '').toLowerCase();

/** The mask of a picture among `masks`: that with its name, or its name and `_mask`. */
export function maskOf(image: File, masks: readonly File[]): File | undefined {
  const stem = stemOf(image.name);
  return masks.find(({ name }) => stemOf(name) === stem || stemOf(name).replace(/[-_ ]?mask$/, '') === stem);
}
