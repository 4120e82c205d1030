import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WeightsError } from '../../weights-error.js';
import { readSafetensorsHeader } from '../safetensors/read.js';
import { type StreamedTensor, writeSafetensorsFile } from '../safetensors/write-file.js';
import { filePieces } from './stored-data.js';

const largestIndexBytes = 2 ** 26;

/**
 * Joins the safetensors files that an index (`model.safetensors.index.json`: a `weight_map` from tensor to file) names,
 * all in the index's folder, to one file at `target`, written whole or not at all. Throws `WeightsError` when a file or
 * a tensor is missing, or a file is named outside the folder.
 */
export async function joinShards(indexPath: string, target: string): Promise<void> {
  const folder = dirname(indexPath);
  const weightMap = readWeightMap(indexPath);
  const shards = new Map(
    [...new Set(weightMap.values())].map((name) => [name, readSafetensorsHeader(join(folder, name)).tensors]),
  );
  const tensors = [...weightMap].map(([name, shard]): StreamedTensor => {
    const location = shards.get(shard)!.get(name);
    if (!location) {
      throw new WeightsError(
        'missing-tensor',
        `${join(folder, shard)} has no tensor "${name}"; fetch all files again.`,
      );
    }
    const { dtype, shape } = location;
    return { name, dtype, shape, pieces: () => filePieces(join(folder, shard), location) };
  });
  await writeSafetensorsFile(target, tensors, { format: 'pt' });
}

/** The names of the files that an index refers to, which lie beside it. Throws `WeightsError`. */
export function shardNames(indexPath: string): string[] {
  return [...new Set(readWeightMap(indexPath).values())];
}

function readWeightMap(indexPath: string): Map<string, string> {
  const index = readJson(indexPath);
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map) || Object.keys(map).length === 0) throw badIndex(indexPath, 'it has no weight_map');
  return new Map(
    Object.entries(map).map(([name, shard]) => {
      if (typeof shard !== 'string' || basename(shard) !== shard || !shard.endsWith('.safetensors')) {
        throw badIndex(indexPath, `${JSON.stringify(shard)?.slice(0, 100)} is no safetensors file beside it`);
      }
      return [name, shard];
    }),
  );
}

function readJson(path: string): unknown {
  try {
    if (statSync(path).size > largestIndexBytes) throw new Error('it is larger than any index');
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw badIndex(path, cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message, cause);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const badIndex = (path: string, reason: string, cause?: unknown) =>
  new WeightsError('bad-index', `${path} is no index of safetensors files (${reason}); fetch it again.`, { cause });
