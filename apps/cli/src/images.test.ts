import { expect, test } from '@jest/globals';
import { ctSlice, niftiVolume } from '@mediclip/testing';
import { withImagingPool } from './images.js';

test('commands read the slices and the groups that their flags ask for', async () => {
  const volume = niftiVolume([8, 9, 10], [1, 1, 5], (x, y, z) => x + 20 * y + 400 * z);
  const described = (flags: Parameters<typeof withImagingPool>[0], file: Uint8Array) =>
    withImagingPool(flags, async (pool) => (await pool.frame(file, {})).description);
  expect(await described({}, volume)).toMatchObject({ width: 8, height: 9, frameCount: 10 });
  expect(await described({ axis: 'sagittal' }, volume)).toMatchObject({ width: 9, height: 10, frameCount: 8 });
  expect((await described({ dicomGroups: 'study' }, ctSlice(1, 1))).group).toMatch(/^study-/);
});
