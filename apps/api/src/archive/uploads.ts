import path from 'node:path';
import { ProblemError, type Upload } from '@mediclip/contracts';
import { type ImageDependencies, takeImages } from '../images/images.js';
import type { Call, HandlersOf } from '../routing/handlers.js';
import { tooLarge } from '../routing/media-types.js';
import { rawBody } from '../uploads/body-digest.js';
import type { ImageIntake } from '../uploads/image-intake.js';
import { type SpooledFile, spool } from '../uploads/spool.js';
import { withTemporaryFolder } from '../uploads/temporary-folder.js';
import type { ArchiveFile } from './archive.js';
import { type PlacedFile, placeFiles } from './layout.js';
import { openArchive } from './open-archive.js';

export function archiveHandlers(dependencies: ImageDependencies): HandlersOf<'uploadArchive'> {
  return { uploadArchive: async (call) => ({ json: await uploadArchive(call, dependencies) }) };
}

async function uploadArchive(call: Call<'uploadArchive'>, dependencies: ImageDependencies): Promise<Upload> {
  const { archives, dataDir, images } = dependencies.settings;
  return withTemporaryFolder(dataDir, (folder) =>
    takeImages(call, call.params.id, dependencies, async (intake) => {
      const { signal } = call;
      const packed = path.join(folder, 'archive');
      const { isTooLarge } = await spool(limited(rawBody(call.request), archives.packedBytes), packed, {
        maximumBytes: archives.packedBytes,
        signal,
      });
      if (isTooLarge) throw tooLarge(archives.packedBytes);
      const archive = await openArchive(packed, { folder, limits: archives, signal });
      try {
        const unpack = unpacker(folder, images.maximumBytes, signal);
        for (const placed of await placeFiles(archive.files)) await take(placed, intake, unpack);
      } finally {
        await archive.close();
      }
    }),
  );
}

/** Ends a body that is longer than it may be: nobody need send the rest. */
async function* limited(body: AsyncIterable<Uint8Array>, maximumBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > maximumBytes) throw tooLarge(maximumBytes);
    yield chunk;
  }
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
