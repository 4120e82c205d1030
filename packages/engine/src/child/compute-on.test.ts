import { expect, test } from '@jest/globals';
import { Towers } from '@mediclip/adaptation';
import type { Runtime } from '@mediclip/onnx-graph';
import { computeOn } from './compute-on.js';

const createSession = () => Promise.reject(new Error('No session is needed.'));
const lane: Runtime = { provider: 'cpu', createSession };

test.each<[string, Runtime, number[]]>([
  ['a processor with one thread has two images', lane, [1, 2]],
  ['a processor has two for each lane', { ...lane, lanes: [lane, lane, lane] }, [1, 2, 3, 4, 5, 6]],
  ['a device has as many as graphs are written for', { provider: 'cuda', createSession }, [1, 2, 4, 8, 16]],
])('%s in a batch at most', (_, runtime, batchSizes) => {
  expect(computeOn(new Towers(runtime)).batchSizes).toEqual(batchSizes);
});
