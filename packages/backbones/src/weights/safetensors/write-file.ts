import type { FileHandle } from 'node:fs/promises';
import { writeFileWhole, writeFully } from '@mediclip/files';
import { WeightsError } from '../../weights-error.js';
import { encodeHeader } from './encode-header.js';
import { elementCount, type TensorDtype, tensorArrays } from './tensor.js';

/** A tensor whose bytes, row-major and little-endian, come in pieces when they are wanted. */
export interface StreamedTensor {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Writes a safetensors file of any size without holding it in memory, whole or not at all. Tensors of wide elements
 * come first, so that every tensor lies at a multiple of its element's size. Throws `WeightsError` for a tensor whose
 * pieces do not fit its shape.
 */
export async function writeSafetensorsFile(
  path: string,
  tensors: readonly StreamedTensor[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const width = ({ dtype }: StreamedTensor) => tensorArrays[dtype].BYTES_PER_ELEMENT;
  const ordered = [...tensors].sort((a, b) => width(b) - width(a));
  const sized = ordered.map((tensor) => ({ ...tensor, lengthBytes: elementCount(tensor.shape) * width(tensor) }));
  await writeFileWhole(path, async (file) => {
    await writeFully(file, encodeHeader(sized, metadata));
    for (const tensor of sized) await writePieces(file, tensor, tensor.lengthBytes);
  });
}

async function writePieces(file: FileHandle, { name, pieces }: StreamedTensor, lengthBytes: number): Promise<void> {
  let written = 0;
  for await (const piece of pieces()) {
    written += piece.length;
    if (written > lengthBytes) break;
    await writeFully(file, piece);
  }
  if (written !== lengthBytes) {
    throw new WeightsError('bad-tensor', `Tensor "${name}" gave other than the ${lengthBytes} bytes of its shape.`);
  }
}
