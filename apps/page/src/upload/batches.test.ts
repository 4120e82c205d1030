import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchesOf, formOf } from './batches.js';
import type { PlannedImage } from './plan.js';

const MiB = 2 ** 20;
const imageOf = (size: number, name = 'a.png'): PlannedImage => ({
  file: { name, size } as File,
  split: 'train',
  label: 'normal',
});

describe('an upload', () => {
  test('goes in batches of at most 20 pictures and 64 MB, in order, each picture once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 * MiB }), { maxLength: 70 }), (sizes) => {
        const images = sizes.map((size) => imageOf(size));
        const batches = batchesOf(images);
        expect(batches.flat()).toEqual(images);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, { file }) => sum + file.size, 0);
          expect(batch.length).toBeLessThanOrEqual(20);
          expect(batch.length === 1 || bytes <= 64 * MiB).toBe(true);
        }
      }),
    );
  });

  test('is a form that names each picture with what it is, and its mask after it', async () => {
    const file = new File(['pixels'], 'a "b".png');
    const mask = new File(['white'], 'm.png');
    const { body, contentType } = formOf([{ file, split: 'test', label: 'abnormal', mask }]);
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
    expect([...form.keys()]).toEqual(['split', 'label', 'file', 'mask']);
    expect([form.get('split'), form.get('label')]).toEqual(['test', 'abnormal']);
    expect([(form.get('file') as File).name, await (form.get('mask') as File).text()]).toEqual(['a "b".png', 'white']);
  });

  test('says how its files are read before the first of them, and where a group begins and ends', async () => {
    const grouped = [undefined, 'A', 'A', 'B', undefined].map((group) => ({
      ...imageOf(1),
      file: new File([], 'a'),
      group,
    }));
    const { body, contentType } = formOf(grouped, { dicomGroups: 'patient', axis: undefined });
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
    const parts = [...form].filter(([name]) => name !== 'split' && name !== 'label');
    expect(parts.map(([name, value]) => (name === 'file' ? name : `${name}=${value}`))).toEqual([
      'dicomGroups=patient',
      'file',
      'group=A',
      'file',
      'file',
      'group=B',
      'file',
      'group=',
      'file',
    ]);
  });
});
