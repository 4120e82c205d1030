import type { Label, Split } from '@mediclip/contracts';
import { readLayout } from '@mediclip/dataset-layout';
import { filesOfArchive } from './archive-files.js';
import type { ChosenFile } from './chosen-files.js';

/** A picture to send, with its mask. */
export interface PlannedImage {
  readonly file: File;
  readonly split: Split;
  readonly label: Label;
  readonly mask?: File;
}

/** What was found, before anything is sent. */
export interface Preview {
  /** A sentence that says what was found. */
  readonly found: string;
  readonly images: readonly (Pick<PlannedImage, 'split' | 'label'> & { readonly mask?: unknown })[];
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
    return { found: 'No known layout: all pictures are taken as normal ones to learn from.', images: plain, leftOut };
  }
  layout.entries.forEach((entry, i) => {
    const { file, path } = files[i]!;
    if (entry.role === 'image') {
      const { split, label, mask } = entry;
      images.push({ file, split, label, ...(mask !== undefined && { mask: files[mask]!.file }) });
    } else if (entry.role === 'ignored' || entry.role === 'refused') leftOut.push({ name: path, reason: entry.reason });
  });
  return { found: layout.found, images, leftOut };
}

/** What the server will find in an archive; `undefined` of one that only the server can read. */
export async function previewArchive(archive: Blob): Promise<Preview | undefined> {
  const files = await filesOfArchive(archive);
  if (files === undefined) return undefined;
  const { kind, found, missing, entries } = await readLayout(
    files.map(({ path }) => path),
    async function* (index) {
      yield await files[index]!.read();
    },
  );
  return {
    found:
      kind === 'unknown' ? 'The files of this archive lie in no layout that is known: send a folder in one.' : found,
    images: entries.filter((entry) => entry.role === 'image'),
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
