import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { float32FromFloat16, readFileBytes } from '@mediclip/backbones';
import {
  type BlockWeight,
  blockSize,
  externalConstant,
  type StoredMatrix,
  type Value,
  withBlockWeights,
} from '@mediclip/onnx-graph';
import { passingPrefix, removeLeftovers, writableFolder } from '../weight-files.js';

/**
 * Rounds the matrices that `features` are multiplied by to 8 bits, into a file that is there only while `load` loads
 * the changed features with the changed weight files (absolute path by location). One matrix after the other is in
 * memory.
 */
export async function withEightBitWeights<T>(
  features: readonly Value[],
  weights: Readonly<Record<string, string>>,
  load: (features: readonly Value[], weights: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const location = `${passingPrefix}${randomUUID()}.blocks`;
  const matrices: StoredMatrix[] = [];
  let end = 0;
  const place = (lengthBytes: number) => {
    const offset = end;
    end += lengthBytes;
    return { location, offset, length: lengthBytes };
  };
  const changed = withBlockWeights(features, (matrix): BlockWeight => {
    const [out, width] = matrix.shape;
    const scales = externalConstant('float32', [out, width / blockSize], place((out * width * 4) / blockSize));
    const blocks = externalConstant('uint8', [out, width / blockSize, blockSize], place(out * width));
    matrices.push(matrix);
    return { blocks, scales };
  });
  const own = await writableFolder(weights);
  const folder = own ?? (await mkdtemp(path.join(tmpdir(), 'mediclip-')));
  const file = path.join(folder, location);
  try {
    await removeLeftovers(folder);
    await writeBlocks(file, matrices, weights);
    return await load(changed, { ...weights, [location]: file });
  } finally {
    await rm(own === undefined ? folder : file, { recursive: true, force: true });
  }
}

/** The scales of every matrix followed by its blocks, in the order in which they were placed. */
async function writeBlocks(
  target: string,
  matrices: readonly StoredMatrix[],
  weights: Readonly<Record<string, string>>,
): Promise<void> {
  const file = await open(target, 'wx');
  try {
    for (const { dtype, external } of matrices) {
      const { buffer } = readFileBytes(weights[external.location]!, external.offset, external.length);
      const { scales, blocks } = inBlocks(
        dtype === 'float16' ? float32FromFloat16(new Uint16Array(buffer)) : new Float32Array(buffer),
      );
      await file.appendFile(new Uint8Array(scales.buffer));
      await file.appendFile(blocks);
    }
  } finally {
    await file.close();
  }
}

/** Per block of values its scale, and each of them as a multiple of it from -127 to 127, 128 added. */
export function inBlocks(values: Float32Array): { scales: Float32Array; blocks: Uint8Array } {
  const scales = new Float32Array(values.length / blockSize);
  const blocks = new Uint8Array(values.length);
  for (let start = 0; start < values.length; start += blockSize) {
    let largest = 0;
    for (let i = start; i < start + blockSize; i++) largest = Math.max(largest, Math.abs(values[i]!));
    scales[start / blockSize] = largest / 127;
    const perStep = largest > 0 ? 127 / largest : 0;
    // Truncation of a positive number that is half too large rounds.
    for (let i = start; i < start + blockSize; i++) blocks[i] = values[i]! * perStep + 128.5;
  }
  return { scales, blocks };
}
