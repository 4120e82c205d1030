import path from 'node:path';
import { ProblemError, type Upload } from '@mediclip/contracts';
import { type ImageDependencies, takeImages } from '../../datasets/images.js';
import type { Call, HandlersOf } from '../../http/handlers.js';
import type { ImageIntake } from '../image-intake.js';
import { type SpooledFile, spool } from '../spool.js';
import { withTemporaryFolder } from '../temporary-folder.js';
import type { ArchiveFile } from './archive.js';
import { type PlacedFile, placeFiles } from './layout.js';
import { receiveArchive } from './receive-archive.js';

export function archiveHandlers(dependencies: ImageDependencies): HandlersOf<'uploadArchive'> {
  return { uploadArchive: async (call) => ({ json: await uploadArchive(call, dependencies) }) };
}

async function uploadArchive(call: Call<'uploadArchive'>, dependencies: ImageDependencies): Promise<Upload> {
  const { archives, dataDir, images } = dependencies.settings;
  return withTemporaryFolder(dataDir, (folder) =>
    takeImages(call, call.params.id, dependencies, async (intake) => {
      const archive = await receiveArchive(call, folder, archives);
      try {
        const unpack = unpacker(folder, images.maximumBytes, call.signal);
        for (const placed of await placeFiles(archive.files)) await take(placed, intake, unpack);
      } finally {
        await archive.close();
      }
    }),
  );
}

type Unpack = (file: ArchiveFile) => Promise<SpooledFile | ProblemError>;

async function take(placed: PlacedFile, intake: ImageIntake, unpack: Unpack): Promise<void> {
  const { file } = placed;
  const fileName = file.name.slice(-1024);
  switch (placed.place) {
    case 'skipped':
      return intake.skip(fileName, placed.reason);
    case 'mask-without-image':
      return intake.reject(fileName, new ProblemError('mask-without-image', 'No abnormal image has this name.'));
    case 'image': {
      const unpacked = await unpack(file);
      if (unpacked instanceof ProblemError) return intake.reject(fileName, unpacked);
      const mask = placed.mask && (await unpack(placed.mask));
      return intake.add({ fileName, split: placed.split, label: placed.label, file: unpacked, mask });
    }
  }
}

/** Writes files of the archive to the folder; one that cannot be unpacked is its own problem. */
function unpacker(folder: string, maximumBytes: number, signal: AbortSignal): Unpack {
  let unpacked = 0;
  return async (file) => {
    try {
      const target = path.join(folder, `file-${unpacked++}`);
      return await spool(file.open(), target, { maximumBytes, signal });
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  };
}
