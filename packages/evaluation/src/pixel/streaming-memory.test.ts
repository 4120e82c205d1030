import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../dist/testing/measure-streaming-memory.js', import.meta.url));
const megabyte = 1e6;

/** Beyond some 200 maps of 224 x 224 with ever new scores the counters are full, and memory stops growing. */
const maps = Number(process.env.MEDICLIP_TEST_MAPS ?? 500);

test(`memory does not grow with the number of maps: ${maps} of 224 x 224 stay below 500 MB`, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, `${maps}`]);
  const { halfwayBytes, peakBytes, resolution } = JSON.parse(stdout) as {
    halfwayBytes: number;
    peakBytes: number;
    resolution: { exact: boolean };
  };
  expect(resolution.exact).toBe(false);
  expect(peakBytes).toBeLessThan(500 * megabyte);
  expect(peakBytes - halfwayBytes).toBeLessThan(60 * megabyte);
}, 300_000);
