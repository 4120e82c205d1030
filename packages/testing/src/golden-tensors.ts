import { readFileSync } from 'node:fs';
import { goldenPath } from './golden.js';

/** The float32 tensors of a golden `.safetensors` file, by name, flat. */
export function goldenTensors(name: string): ReadonlyMap<string, Float32Array> {
  const bytes = readFileSync(goldenPath(name));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: [number, number] }>;
  return new Map(
    Object.entries(header).map(
      ([
        key,
        {
          data_offsets: [from, to],
        },
      ]) => [key, new Float32Array(Uint8Array.from(bytes.subarray(start + from, start + to)).buffer)],
    ),
  );
}
