import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import { judgeOutliers } from './judge-outliers.js';
import type { LoadedShots } from './load-shots.js';

const names = ['a.png', 'b.png', 'c.png', 'd.png'];
const loaded: LoadedShots = {
  images: names.map((_, index) => ({ width: 1, height: 1, data: Uint8Array.of(index) })),
  files: names,
  origin: { pixelDigests: names.map((name) => `of ${name}`), copies: 0 },
  intensity: undefined,
  copies: [],
};

/** An engine that finds the third image to be of another kind, and the others too few. */
const engine = {
  async inspect({ outFolder }: { readonly outFolder: string }) {
    mkdirSync(outFolder, { recursive: true });
    const found = { outliers: [{ index: 2, kind: 'other-kind' }], isMixed: false, gainOfMore: 0.1 };
    writeFileSync(path.join(outFolder, 'normals.json'), JSON.stringify(found));
  },
};

test.each([false, true])('a shot that does not belong is named, and left out when asked to (%s)', async (excluded) => {
  const said: string[] = [];
  const output = {
    event: (event: object) => said.push(JSON.stringify(event)),
    remark: (text: string) => said.push(text),
  };
  const options = resolveAdaptationOptions({ excludeOutliers: excluded });
  const shots = await judgeOutliers(engine, options, loaded, path.join(temporaryFolder(), 'out'), output);
  expect(shots.images).toHaveLength(excluded ? 3 : 4);
  expect(shots.origin.pixelDigests.includes('of c.png')).toBe(!excluded);
  expect(said).toEqual([
    JSON.stringify({ event: 'outlier', file: 'c.png', kind: 'other-kind', excluded }),
    expect.stringContaining('c.png'),
    JSON.stringify({ event: 'enough', gainOfMore: 0.1 }),
    expect.stringContaining('8 more normal images would probably help'),
  ]);
});
