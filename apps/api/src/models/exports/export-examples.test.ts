import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChosenIntensity } from '@mediclip/contracts';
import { ImagingPool } from '@mediclip/imaging';
import { findPython } from '@mediclip/testing';
import sharp from 'sharp';
import { exportExamples } from './export-files.js';

type GreysOf = (
  values: Uint16Array,
  width: number,
  height: number,
  intensity: ChosenIntensity | undefined,
) => (value: number) => number;

const side = 90;
let pool: ImagingPool;
let greysOf: GreysOf;
beforeAll(async () => {
  pool = await ImagingPool.start({ threads: 1 });
  const { source } = exportExamples.find(({ name }) => name === 'examples/greys.mjs')!;
  ({ greysOf } = (await import(source.href)) as { greysOf: GreysOf });
});
afterAll(() => pool.close());

/** A body with a bright speck, in air that is not quite even. */
const values = Uint16Array.from({ length: side * side }, (_, i) => {
  const [x, y] = [(i % side) - side / 2, Math.floor(i / side) - side / 2];
  if (Math.hypot(x - 5, y) < 2) return 60_000;
  return Math.hypot(x, y) > 35 ? 3 + (i % 5) : 1000 + 8 * x + 3 * y + ((i * 7919) % 50);
});

const intensities: [string, ChosenIntensity | undefined][] = [
  ['a window', { kind: 'window', centre: 1010.5, width: 333 }],
  ['percentiles', { kind: 'percentiles', low: 2, high: 90 }],
  ['the window of the file, of which a PNG has none', { kind: 'file' }],
  ['nothing', undefined],
];

test.each(intensities)(
  'the example for Node renders greys of 16 bits by %s as the service does',
  async (_, intensity) => {
    const png = await sharp(values, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const wants = { prepared: { side, kind: 'test' as const }, intensity };
    const { prepared } = await pool.frame(new Uint8Array(png), wants);
    const grey = greysOf(values, side, side, intensity);
    expect([...prepared.data.filter((_, i) => i % 3 === 0)]).toEqual(Array.from(values, grey));
  },
);

test('the example for Python renders them as that for Node', () => {
  const python = findPython(['onnxruntime==1.23.2', 'numpy==2.2.6', 'pillow==11.3.0']);
  if (python === null) return;
  const program = `
import json, sys
import numpy as np
from greys import greys_of
values = np.frombuffer(sys.stdin.buffer.read(), np.uint16).reshape(-1, ${side})
for intensity in json.loads(sys.argv[1]):
    sys.stdout.buffer.write(greys_of(values, intensity).tobytes())
`;
  const { source } = exportExamples.find(({ name }) => name === 'examples/greys.py')!;
  const given = intensities.map(([, intensity]) => intensity ?? null);
  const { stdout, stderr } = spawnSync(python, ['-c', program, JSON.stringify(given)], {
    input: Buffer.from(values.buffer),
    env: { ...process.env, PYTHONPATH: fileURLToPath(new URL('.', source)), PYTHONDONTWRITEBYTECODE: '1' },
  });
  const wanted = intensities.flatMap(([, intensity]) => Array.from(values, greysOf(values, side, side, intensity)));
  expect(stderr.toString()).toBe('');
  expect(stdout.equals(Buffer.from(wanted))).toBe(true);
}, 120_000);
