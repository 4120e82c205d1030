import { WeightsError } from '../../weights-error.js';
import { readFileBytes } from '../safetensors/read.js';
import { tensorArrays } from '../safetensors/tensor.js';
import { type StreamedTensor, writeSafetensorsFile } from '../safetensors/write-file.js';
import { readCheckpointArchive, type Stretch } from './archive.js';
import { namedTensors } from './named-tensors.js';
import type { StoredTensor } from './pickled.js';
import { refuse } from './rebuild.js';
import { tensorPieces } from './stored-data.js';
import { unpickle } from './unpickle.js';

/** Tensors may share a storage (tied weights), but not so often that a small file becomes a huge one. */
const largestGrowth = 4;

/**
 * Converts a PyTorch zip checkpoint (`torch.save` of a state dictionary since PyTorch 1.6, or a TorchScript archive) to
 * a safetensors file at `target` with the same names, element types and values, written whole or not at all. No code of
 * the checkpoint is run; tensors are copied piece by piece. Throws `WeightsError`.
 */
export async function convertCheckpoint(source: string, target: string): Promise<void> {
  const archive = await readCheckpointArchive(source);
  const { pickle } = archive;
  try {
    const tensors = namedTensors(unpickle(readFileBytes(source, pickle.offsetBytes, pickle.lengthBytes)));
    const streamed = [...tensors].map(([name, tensor]) => {
      const stretch = storageOf(name, tensor, archive.storages);
      return streamedTensor(source, name, tensor, stretch);
    });
    const bytes = [...tensors.values()].reduce((sum, tensor) => sum + sizeBytes(tensor), 0);
    if (bytes > largestGrowth * archive.fileBytes) refuse('names the same numbers over and over');
    await writeSafetensorsFile(target, streamed, { format: 'pt' });
  } catch (cause) {
    if (!(cause instanceof WeightsError) || cause.message.startsWith(source)) throw cause;
    throw new WeightsError(cause.code, `${source}: ${cause.message}`, { cause });
  }
}

const streamedTensor = (path: string, name: string, tensor: StoredTensor, storage: Stretch): StreamedTensor => ({
  name,
  dtype: tensor.storage.dtype,
  shape: tensor.shape,
  pieces: () => tensorPieces(path, tensor, storage),
});

function storageOf(name: string, { storage }: StoredTensor, storages: ReadonlyMap<string, Stretch>): Stretch {
  const stretch = storages.get(storage.key);
  if (!stretch || storage.elements * tensorArrays[storage.dtype].BYTES_PER_ELEMENT > stretch.lengthBytes) {
    return refuse(`lacks the numbers of ${JSON.stringify(name.slice(0, 100))}`);
  }
  return stretch;
}

function sizeBytes({ storage, shape }: StoredTensor): number {
  return shape.reduce((product, extent) => product * extent, tensorArrays[storage.dtype].BYTES_PER_ELEMENT);
}
