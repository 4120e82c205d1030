import path from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { type ArchiveLayout, ProblemError, type Upload } from '@mediclip/contracts';
import { type DatasetLayout, LayoutError, type PlacedEntry, readLayout } from '@mediclip/dataset-layout';
import type { Reading } from '@mediclip/imaging';
import { type ImageIntake, type IncomingImage, readingOf, type SpooledFile, spool } from '@mediclip/intake';
import { type ImageDependencies, takeImages } from '../../datasets/images.js';
import type { Call, HandlersOf } from '../../http/handlers.js';
import { withTemporaryFolder } from '../temporary-folder.js';
import type { ArchiveFile } from './archive.js';
import { withArchive } from './receive-archive.js';

export function archiveHandlers(dependencies: ImageDependencies): HandlersOf<'uploadArchive'> {
  return { uploadArchive: async (call) => ({ json: await uploadArchive(call, dependencies) }) };
}

async function uploadArchive(call: Call<'uploadArchive'>, dependencies: ImageDependencies): Promise<Upload> {
  const { archives, dataDir, images } = dependencies.settings;
  let layout: ArchiveLayout | undefined;
  const upload = await withTemporaryFolder(dataDir, (folder) =>
    takeImages(call, call.params.id, dependencies, async (intake) => {
      const unpack = unpacker(folder, images.maximumBytes, call.signal);
      layout = await withArchive(call, folder, { limits: archives, memory: dependencies.memory }, ({ files }) =>
        takeAll(files, intake, unpack, {
          areFoldersGroups: call.query.groups === 'folder',
          reading: readingOf(call.query, dependencies.patientKey),
        }),
      );
    }),
  );
  return { ...upload, layout };
}

const pieceLength = 100;

type Unpack = (file: ArchiveFile) => Promise<SpooledFile | ProblemError>;

/** Hands every file to the intake as the layout places it, and tells what layout was found. */
async function takeAll(
  files: readonly ArchiveFile[],
  intake: ImageIntake,
  unpack: Unpack,
  { areFoldersGroups, reading }: { readonly areFoldersGroups: boolean; readonly reading: Reading },
): Promise<ArchiveLayout> {
  const { kind, entries, missing, found } = await layoutOf(files);
  if (kind === 'unknown') throw new ProblemError('archive-layout-unknown');
  for await (const [index, place] of inPieces(entries.entries())) {
    const group = place.role === 'image' ? (place.group ?? (areFoldersGroups ? place.folder : undefined)) : undefined;
    await take(files, index, place, intake, unpack, { group, reading });
  }
  for await (const { fileName, reason } of inPieces(missing)) {
    await intake.reject(shownName(fileName), new ProblemError('listed-file-missing', reason));
  }
  return { kind, found };
}

/** Items that may each cost next to nothing, with room for other work between every hundred of them. */
async function* inPieces<T>(items: Iterable<T>): AsyncGenerator<T> {
  let given = 0;
  for (const item of items) {
    if (given++ % pieceLength === 0) await yieldToEventLoop();
    yield item;
  }
}

/** The layout by the one reader. Rejects with `archive-layout-unknown` and `archive-manifest-invalid`. */
async function layoutOf(files: readonly ArchiveFile[]): Promise<DatasetLayout> {
  const names = files.map(({ name }) => name);
  const layout = await readLayout(names, (index) => fileAt(files, index).open()).catch((error: unknown) => {
    if (!(error instanceof LayoutError)) throw error;
    throw new ProblemError('archive-manifest-invalid', error.message, {}, { cause: error });
  });
  if (!layout.entries.some(isMeantAsImage)) throw new ProblemError('archive-layout-unknown');
  return layout;
}

const isMeantAsImage = (entry: PlacedEntry): boolean =>
  entry.role === 'image' || (entry.role === 'refused' && entry.fault === 'listed-file-missing');

async function take(
  files: readonly ArchiveFile[],
  index: number,
  place: PlacedEntry,
  intake: ImageIntake,
  unpack: Unpack,
  given: Pick<IncomingImage, 'group' | 'reading'>,
): Promise<void> {
  const file = fileAt(files, index);
  const fileName = shownName(file.name);
  switch (place.role) {
    case 'mask':
    case 'list':
      return;
    case 'ignored':
      return intake.skip(fileName, place.reason);
    case 'refused':
      return intake.reject(fileName, new ProblemError(place.fault, place.reason));
    case 'image': {
      const unpacked = await unpack(file);
      if (unpacked instanceof ProblemError) return intake.reject(fileName, unpacked);
      const mask = place.mask === undefined ? undefined : await unpack(fileAt(files, place.mask));
      return intake.add({ fileName, split: place.split, label: place.label, ...given, file: unpacked, mask });
    }
  }
}

/** Writes files of the archive to the folder; one that cannot be unpacked is its own problem. */
function unpacker(folder: string, maximumBytes: number, signal: AbortSignal): Unpack {
  let unpacked = 0;
  return async (file) => {
    const target = path.join(folder, `file-${unpacked++}`);
    if (file.sizeBytes === 0) return { path: target, sizeBytes: 0, isTooLarge: false };
    try {
      return await spool(file.open(), target, { maximumBytes, signal });
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  };
}

const shownName = (name: string): string => name.slice(-1024);

function fileAt(files: readonly ArchiveFile[], index: number): ArchiveFile {
  const file = files[index];
  if (file === undefined) throw new Error(`This is a bug: the archive has no file ${index}.`);
  return file;
}
