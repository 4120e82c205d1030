import { describe, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { smoothMap, upsampleMap } from '@mediclip/maps';
import { input, writeModel } from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import { expectClose, runModel } from '@mediclip/testing';
import { farthest, fuse, nearestDistance, smoothingDeviation } from './patch-memory.js';

const grid = 4;
const places = grid * grid;
/** Two taps: channels and grid. */
const taps = [
  { channels: 3, side: 4 },
  { channels: 2, side: 2 },
];
const patches = 5;
const width = 5;
const random = new RandomStream(3, 0, 0);
const numbers = (length: number) => Float32Array.from({ length }, () => random.normal(0, 1));
const contrast = numbers(places);
const features = taps.map(({ channels, side }) => numbers(channels * side * side));
const bank = Float32Array.from(numbers(patches * width));
for (let row = 0; row < patches; row++) unit(bank.subarray(row * width, (row + 1) * width));
const [learnedDeviation, memoryMean, memoryDeviation, scoreCentre, mapCentre] = [0.5, 0.4, 0.2, 2, 1] as const;

async function fused(scoring: { memoryWeight: number; memoryImageWeight: number }) {
  const inputs = {
    contrast: input('contrast', 'float32', [1, grid, grid]),
    bank: input('bank', 'float32', [patches, width]),
    scales: input('scales', 'float32', [5]),
  };
  const tapInputs = taps.map(({ channels, side }, i) => input(`tap${i}`, 'float32', [1, channels, side, side]));
  const options = resolveAdaptationOptions({ scoring }).scoring;
  const outputs = { ...fuse(inputs.contrast, tapInputs, inputs, options) };
  const model = writeModel({ name: 'fuse', inputs: [...Object.values(inputs), ...tapInputs], outputs });
  const feed = (shape: readonly number[], data: Float32Array) => ({ dtype: 'float32' as const, shape, data });
  const results = await runModel(model, {
    contrast: feed([1, grid, grid], contrast),
    bank: feed([patches, width], bank),
    scales: feed([5], Float32Array.of(learnedDeviation, memoryMean, memoryDeviation, scoreCentre, mapCentre)),
    ...Object.fromEntries(tapInputs.map(({ shape }, i) => [`tap${i}`, feed(shape, features[i]!)])),
  });
  return { scored: results.scored!.data, shown: results.shown!.data };
}

/** The same in plain arithmetic. */
function expected({ memoryWeight, memoryImageWeight }: { memoryWeight: number; memoryImageWeight: number }) {
  const channels = taps.flatMap(({ channels: count, side }, tap) =>
    Array.from({ length: count }, (_, channel) => {
      const map = features[tap]!.subarray(channel * side * side, (channel + 1) * side * side);
      return upsampleMap(neighbourhoodMeans(map, side), side, grid);
    }),
  );
  const memory = Float32Array.from({ length: places }, (_, place) => {
    const descriptor = unit(Float32Array.from(channels, (map) => map[place]!));
    const cosines = Array.from({ length: patches }, (__, row) =>
      descriptor.reduce((sum, value, i) => sum + value * bank[row * width + i]!, 0),
    );
    return (1 - Math.max(...cosines) - memoryMean) / memoryDeviation;
  });
  const local = contrast.map((value, i) => (value - mean(contrast)) / learnedDeviation + memoryWeight * memory[i]!);
  const toLogit = (value: number, centre: number) => (value - centre) / (1 + memoryWeight);
  return {
    scored: local.map((value) => toLogit(value + memoryImageWeight * mean(memory), scoreCentre)),
    shown: smoothMap(local, grid, smoothingDeviation(grid)).map((value) => toLogit(value, mapCentre)),
  };
}

function neighbourhoodMeans(map: Float32Array, side: number): Float32Array {
  return map.map((_, place) => {
    const [row, column] = [Math.floor(place / side), place % side];
    return mean(map.filter((__, i) => Math.abs(Math.floor(i / side) - row) <= 1 && Math.abs((i % side) - column) <= 1));
  });
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Brings a vector to length 1, in place. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  for (const [i, value] of vector.entries()) vector[i] = value / length;
  return vector;
}

describe('the learned map and the memory', () => {
  test.each([
    { memoryWeight: 1.5, memoryImageWeight: 3 },
    { memoryWeight: 1, memoryImageWeight: 0 },
    { memoryWeight: 0, memoryImageWeight: 2 },
  ])('are fused as plain arithmetic fuses them, with $memoryWeight and $memoryImageWeight', async (weights) => {
    const { scored, shown } = await fused(weights);
    const plain = expected(weights);
    expectClose(scored as Float32Array, plain.scored, 1e-4);
    expectClose(shown as Float32Array, plain.shown, 1e-4);
  });
});

test('the nearest of many patches is found among all that may count, wherever it stands', async () => {
  const many = 1100;
  const place = numbers(width);
  const rows = Float32Array.from(numbers(many * width));
  for (let row = 0; row < many; row++) unit(rows.subarray(row * width, (row + 1) * width));
  const cosines = Array.from({ length: many }, (_, row) =>
    unit(Float32Array.from(place)).reduce((sum, value, i) => sum + value * rows[row * width + i]!, 0),
  );
  const falling = cosines.map((_, row) => row).sort((a, b) => cosines[b]! - cosines[a]!);
  const descriptors = input('descriptors', 'float32', [1, 1, width]);
  const bankRows = input('rows', 'float32', [many, width]);
  const penalty = input('penalty', 'float32', [many]);
  const outputs = { distance: nearestDistance(descriptors, bankRows, penalty) };
  const model = writeModel({ name: 'nearest', inputs: [descriptors, bankRows, penalty], outputs });
  for (const left of [0, 1, 400, 1099]) {
    const penalties = new Float32Array(many);
    for (const row of falling.slice(0, left)) penalties[row] = farthest;
    const { distance } = await runModel(model, {
      descriptors: { dtype: 'float32', shape: descriptors.shape, data: unit(Float32Array.from(place)) },
      rows: { dtype: 'float32', shape: bankRows.shape, data: rows },
      penalty: { dtype: 'float32', shape: penalty.shape, data: penalties },
    });
    expectClose(distance!.data as Float32Array, [1 - cosines[falling[left]!]!], 1e-5);
  }
});
