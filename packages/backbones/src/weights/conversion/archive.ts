import { openZipFile } from '@mediclip/files';
import type { Entry, ZipFile } from 'yauzl';
import { WeightsError } from '../../weights-error.js';
import { readFileBytes } from '../safetensors/read.js';

const mostEntries = 100_000;
const largestPickleBytes = 2 ** 26;
const stored = 0;

/** A stretch of the archive's file. */
export interface Stretch {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** The parts of a checkpoint that PyTorch's zip format holds. */
export interface CheckpointArchive {
  /** Where `data.pkl` lies. */
  readonly pickle: Stretch;
  /** Where each storage lies, by its key. */
  readonly storages: ReadonlyMap<string, Stretch>;
  readonly fileBytes: number;
}

/**
 * Where the parts of a PyTorch zip checkpoint lie in its file. Nothing is unpacked: PyTorch stores without compression.
 * Throws `WeightsError` for any other file.
 */
export async function readCheckpointArchive(path: string): Promise<CheckpointArchive> {
  let zip: ZipFile;
  try {
    zip = await openZipFile(path);
  } catch (cause) {
    throw noCheckpoint(path, cause);
  }
  try {
    return await findParts(path, zip);
  } finally {
    zip.close();
  }
}

async function findParts(path: string, zip: ZipFile): Promise<CheckpointArchive> {
  const entries = await readEntries(path, zip);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickleName] = pickles;
  if (pickleName === undefined || pickles.length > 1) throw noCheckpoint(path);
  const folder = pickleName.slice(0, -'data.pkl'.length);
  const locate = async (name: string) => stretchOf(path, zip, entries.get(name)!);

  const pickle = await locate(pickleName);
  if (pickle.lengthBytes > largestPickleBytes) {
    throw new WeightsError(
      'bad-checkpoint',
      `${path}: the list of tensors has ${pickle.lengthBytes} bytes, more than any model's; check that it is the right file.`,
    );
  }
  if (entries.has(`${folder}byteorder`)) {
    const { offsetBytes, lengthBytes } = await locate(`${folder}byteorder`);
    const order = String.fromCharCode(...readFileBytes(path, offsetBytes, Math.min(lengthBytes, 16)));
    if (order !== 'little') {
      throw new WeightsError(
        'bad-checkpoint',
        `${path} was written on a big-endian machine; load and save it on another.`,
      );
    }
  }
  const storages = new Map<string, Stretch>();
  for (const name of entries.keys()) {
    if (name.startsWith(`${folder}data/`)) storages.set(name.slice(`${folder}data/`.length), await locate(name));
  }
  return { pickle, storages, fileBytes: zip.fileSize };
}

async function readEntries(path: string, zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > mostEntries) throw noCheckpoint(path);
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entries.has(entry.fileName)) throw new Error(`two entries are called ${entry.fileName}`);
      entries.set(entry.fileName, entry);
    }
  } catch (cause) {
    throw noCheckpoint(path, cause);
  }
  return entries;
}

async function stretchOf(path: string, zip: ZipFile, entry: Entry): Promise<Stretch> {
  if (entry.compressionMethod !== stored || entry.isEncrypted() || entry.compressedSize !== entry.uncompressedSize) {
    throw new WeightsError(
      'bad-checkpoint',
      `${path}: its parts are compressed or encrypted, which PyTorch never does; bring the file as torch.save wrote it.`,
    );
  }
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    return { offsetBytes: fileDataStart, lengthBytes: entry.uncompressedSize };
  } catch (cause) {
    throw noCheckpoint(path, cause);
  }
}

function noCheckpoint(path: string, cause?: unknown): WeightsError {
  return new WeightsError(
    'bad-checkpoint',
    `${path} is no whole PyTorch zip checkpoint; fetch it again, or if PyTorch before 1.6 wrote it, load and save it with a newer one.`,
    { cause },
  );
}
