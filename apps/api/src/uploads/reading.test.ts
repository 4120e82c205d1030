import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { relatedBody } from '@mediclip/multipart';
import { ctSlice, niftiVolume } from '@mediclip/testing';
import { zip } from '../testing/archives.js';
import { closeSharedPool, type FormEntry, formOf, TestService } from '../testing/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const volume = niftiVolume([8, 9, 10], [1, 1, 5], (x, y, z) => x + 20 * y + 400 * z);
const place: FormEntry[] = [
  ['split', 'test'],
  ['label', 'normal'],
];
const newDataset = async () => (await service.post('/v1/datasets', { json: { name: 'a' } })).json.id as string;
const imagesOf = async (id: string) => (await service.get(`/v1/datasets/${id}/images?limit=200`)).json.items;
const sizesOf = async (id: string) => {
  const images: { width: number; height: number }[] = await imagesOf(id);
  return [...new Set(images.map(({ width, height }) => `${width} x ${height}`))].map((size) => [
    size,
    images.filter(({ width, height }) => `${width} x ${height}` === size).length,
  ]);
};
const posted = (path: string, entries: readonly FormEntry[]) => service.post(path, { form: formOf(entries) });

test('a volume has the slices of the axis that a form, an archive or a request for scores asks for', async () => {
  const id = await newDataset();
  const images = `/v1/datasets/${id}/images`;
  const file: FormEntry = ['file', volume, 'head.nii'];
  expect(await posted(images, [...place, file, ['axis', 'sagittal'], file])).toMatchObject({ status: 200 });
  const archive = {
    body: await zip([['test/normal/head.nii', volume]]),
    headers: { 'content-type': 'application/zip' },
  };
  expect(await service.post(`/v1/datasets/${id}/archive?axis=coronal`, archive)).toMatchObject({ status: 200 });
  expect(await sizesOf(id)).toEqual([
    ['8 x 9', 10],
    ['9 x 10', 8],
    ['8 x 10', 9],
  ]);
  expect(await posted(images, [...place, ['axis', 'oblique'], file])).toMatchObject({ problem: 'validation-failed' });

  const { modelId } = await service.model();
  const { json } = await posted(`/v1/models/${modelId}/score`, [file, ['axis', 'coronal'], file]);
  expect(json.results.map(({ height }: { height: number }) => height)).toEqual([
    ...Array(10).fill(9),
    ...Array(9).fill(10),
  ]);
  const unknown = await posted(`/v1/models/${modelId}/score`, [['axis', 'oblique'], file]);
  expect(unknown.problem).toBe('validation-failed');
});

test('DICOM images belong together by what an upload asks for, and nothing of a patient is kept', async () => {
  const id = await newDataset();
  const [one, other] = [ctSlice(1, 1), ctSlice(2, 1)];
  const form = await posted(`/v1/datasets/${id}/images`, [
    ...place,
    ['dicomGroups', 'patient'],
    ['file', one, 'one.dcm'],
  ]);
  const [{ group }] = form.json.outcomes;
  expect(group).toMatch(/^patient-[0-9a-f]{32}$/);
  const stow = async (query: string) => {
    const { bytes, contentType } = relatedBody('application/dicom', [other]);
    const target = `/v1/datasets/${id}/dicomweb/studies?${query}`;
    return service.post(target, { body: bytes, headers: { 'content-type': contentType } });
  };
  // The other study of the same patient.
  const parted = await stow('split=train&label=normal&dicomGroups=patient');
  expect(parted).toMatchObject({ status: 409, problem: 'group-parted' });
  expect(await stow('split=test&label=normal&dicomGroups=patient')).toMatchObject({ status: 200 });
  const archive = { body: await zip([['test/normal/a.dcm', one]]), headers: { 'content-type': 'application/zip' } };
  expect(await service.post(`/v1/datasets/${id}/archive?dicomGroups=study`, archive)).toMatchObject({ status: 200 });
  const groups = (await imagesOf(id)).map((image: { group: string }) => image.group);
  expect(groups).toEqual([group, group, expect.stringMatching(/^study-[0-9a-f]{32}$/)]);
  for (const key of await service.keys()) {
    expect(Buffer.from((await service.store.objects.get(key))!.bytes).toString('latin1')).not.toMatch(
      /4711|Mustermann/,
    );
  }
});
