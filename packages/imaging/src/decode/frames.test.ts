import { expect, jest, test } from '@jest/globals';
import { resolveLimits } from '../image/limits.js';
import { dicomFile } from '../testing/dicom-file.js';

const original = await import('../dicom/read-data-set.js');
const readDataSet = jest.fn(original.readDataSet);
jest.unstable_mockModule('../dicom/read-data-set.js', () => ({ ...original, readDataSet }));
const { openImage } = await import('./open-image.js');

test('the data set of a file of 100 frames is read once', async () => {
  const side = 16;
  const frames = 100;
  const pixelData = Uint8Array.from({ length: frames * side * side }, (_, at) => (at + Math.floor(at / 256)) % 256);
  const found: Uint8Array[] = [];
  const bytes = dicomFile({ rows: side, columns: side, frames, pixelData });
  for await (const { data } of (await openImage(bytes, resolveLimits())).frames()) found.push(data);
  expect(found).toHaveLength(frames);
  expect(readDataSet).toHaveBeenCalledTimes(1);
});
