import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bitmap } from '../testing/bitmaps.js';
import { ctDicom, dicom } from '../testing/dicom.js';
import { closeSharedPool, type FormEntry, formOf, TestService, unknownId } from '../testing/test-service.js';
import { grayTiff } from '../testing/tiff.js';

const maximumBytes = 20_000;
let service: TestService;
beforeAll(async () => {
  service = await TestService.start({
    settings: {
      images: { maximumBytes },
      uploads: { jsonBytes: 2 ** 20, files: 8, formBytes: 200_000 },
      datasetImages: 12,
    },
  });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const newDataset = async () => (await service.post('/v1/datasets', { json: { name: 'a' } })).json.id as string;
const temporaries = () => service.temporaryFiles;
const normal: FormEntry[] = [
  ['split', 'train'],
  ['label', 'normal'],
];

describe('an upload of images', () => {
  test('keeps the values of deep greys: its content is a PNG of 16 bits, and people see it through its window', async () => {
    const id = await newDataset();
    const numbers = Uint16Array.from({ length: 32 * 16 }, (_, i) => 1024 + (i % 256));
    const files = [ctDicom(32, 16, [numbers]), dicom(32, 16, [Uint8Array.from(numbers, (number) => number - 1024)])];
    const form = formOf([...normal, ...files.map((file, i): FormEntry => ['file', file, `${i}.dcm`])]);
    const { json } = await service.post(`/v1/datasets/${id}/images`, { form });
    expect(json).toMatchObject({ stored: 2 });
    const [deep, eight] = (await service.get(`/v1/datasets/${id}/images`)).json.items;
    expect(deep).toMatchObject({
      mediaType: 'image/png',
      notes: ['window of centre 128 and width 256'],
      pixels: {
        ...{ bits: 12, slope: 1, intercept: -1024, unit: 'HU' },
        window: { centre: 128, width: 256, function: 'LINEAR' },
      },
    });
    expect(eight).not.toHaveProperty('pixels');
    const bytesOf = async (image: { id: string }, what: string) =>
      (await service.get(`/v1/datasets/${id}/images/${image.id}/${what}`)).bytes;
    const content = await bytesOf(deep, 'content');
    expect([content[24], content[25]]).toEqual([16, 0]);
    expect((await bytesOf(eight, 'content'))[24]).toBe(8);
    expect(await bytesOf(deep, 'preview')).toEqual(await bytesOf(eight, 'preview'));
  });

  test('has one outcome a file, in order; a bad, oversized, truncated or empty one costs only itself', async () => {
    const id = await newDataset();
    const form = formOf([
      ...normal,
      ['file', bitmap(16, 12, 1), 'good.bmp'],
      ['file', Buffer.from('no image'), 'text.png'],
      ['file', bitmap(200, 200, 2), 'large.bmp'],
      ['file', bitmap(16, 12, 3).subarray(0, 300), 'cut.bmp'],
      ['file', new Uint8Array(0), 'empty.bmp'],
      ['label', 'abnormal'],
      ['split', 'test'],
      ['file', bitmap(16, 12, 4), 'last.bmp'],
    ]);
    const { status, json } = await service.post(`/v1/datasets/${id}/images`, { form });
    expect(status).toBe(200);
    expect(json).toMatchObject({ stored: 2, rejected: 4, skipped: 0 });
    expect(
      json.outcomes.map(({ index, fileName }: { index: number; fileName: string }) => `${index} ${fileName}`),
    ).toEqual(['0 good.bmp', '1 text.png', '2 large.bmp', '3 cut.bmp', '4 empty.bmp', '5 last.bmp']);
    expect(json.outcomes.map(({ error }: { error?: { type: string } }) => error?.type.split('/').at(-1))).toEqual([
      undefined,
      'image-unsupported-format',
      'image-too-large',
      'image-corrupt',
      'image-empty',
      undefined,
    ]);
    expect(json.outcomes[5]).toMatchObject({ split: 'test', label: 'abnormal', hasMask: false });
    const { json: page } = await service.get(`/v1/datasets/${id}/images`);
    expect(page.items.map(({ fileName }: { fileName: string }) => fileName)).toEqual(['good.bmp', 'last.bmp']);
    expect(temporaries()).toEqual([]);
  });

  test('gives back the bytes that were sent, under their digest', async () => {
    const id = await newDataset();
    const bytes = bitmap(16, 12, 9);
    const { json } = await service.post(`/v1/datasets/${id}/images`, {
      form: formOf([...normal, ['file', bytes, 'a.bmp']]),
    });
    const target = `/v1/datasets/${id}/images/${json.outcomes[0].imageIds[0]}`;
    const { json: image } = await service.get(target);
    expect(image).toMatchObject({
      format: 'bmp',
      mediaType: 'image/bmp',
      width: 16,
      height: 12,
      sizeBytes: bytes.length,
    });
    const content = await service.get(`${target}/content`);
    expect(content.bytes.equals(bytes)).toBe(true);
    const etag = `"${image.sha256}"`;
    expect(content.headers.get('etag')).toBe(etag);
    const again = await service.get(`${target}/content`, { headers: { 'if-none-match': `"x", ${etag}` } });
    expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([304, 0, etag]);
    const changed = await service.get(`${target}/content`, { headers: { 'if-none-match': '"x"' } });
    expect([changed.status, changed.bytes.equals(bytes)]).toEqual([200, true]);
    expect(image.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect((await service.delete(target)).status).toBe(204);
    expect((await service.get(`${target}/content`)).problem).toBe('not-found');
    expect(await service.keys()).not.toContainEqual(expect.stringContaining(image.sha256));
  });

  test('a mask goes with the file before it, and must fit it', async () => {
    const id = await newDataset();
    const form = formOf([
      ['mask', bitmap(16, 12), 'lost.bmp'],
      ['split', 'test'],
      ['label', 'abnormal'],
      ['file', bitmap(16, 12, 1), 'a.bmp'],
      ['mask', bitmap(16, 12, 2), 'a-mask.bmp'],
      ['file', bitmap(16, 12, 3), 'b.bmp'],
      ['mask', bitmap(12, 16, 4), 'b-mask.bmp'],
      ['file', bitmap(16, 12, 5), 'c.bmp'],
      ['mask', bitmap(16, 12, 6), 'c-mask.bmp'],
      ['mask', bitmap(16, 12, 7), 'c-mask-again.bmp'],
      ['file', bitmap(16, 12, 8), 'd.bmp'],
      ['mask', Buffer.from('x'), 'd-mask.bmp'],
    ]);
    const { json } = await service.post(`/v1/datasets/${id}/images`, { form });
    expect(
      json.outcomes.map(
        ({ fileName, error, hasMask }: { fileName: string; error?: { type: string }; hasMask?: boolean }) => [
          fileName,
          error?.type.split('/').at(-1) ?? hasMask,
        ],
      ),
    ).toEqual([
      ['lost.bmp', 'mask-without-image'],
      ['a.bmp', true],
      ['b.bmp', 'mask-size-differs'],
      ['c.bmp', 'mask-without-image'],
      ['d.bmp', 'image-unsupported-format'],
    ]);
  });

  test('a mask of a normal image is kept, and noted as one that is not used', async () => {
    const id = await newDataset();
    const form = formOf([
      ['split', 'test'],
      ['label', 'normal'],
      ['file', bitmap(16, 12, 1), 'a.bmp'],
      ['mask', bitmap(16, 12, 2), 'a-mask.bmp'],
      ['label', 'abnormal'],
      ['file', bitmap(16, 12, 3), 'b.bmp'],
      ['mask', bitmap(16, 12, 4), 'b-mask.bmp'],
    ]);
    const { json } = await service.post(`/v1/datasets/${id}/images`, { form });
    expect(json.outcomes).toMatchObject([{ hasMask: true }, { hasMask: true }]);
    const { json: page } = await service.get(`/v1/datasets/${id}/images`);
    const notes = page.items.map((image: { notes: string[] }) => image.notes.join());
    expect(notes[0]).toContain('of the mask: it is kept and not used, because the image is labelled normal');
    expect(notes[1]).not.toContain('not used');
  });

  test('of TIFF every page is an image', async () => {
    const id = await newDataset();
    const form = formOf([...normal, ['file', grayTiff(10, 8, [10, 200]), 'pages.tif']]);
    const { json } = await service.post(`/v1/datasets/${id}/images`, { form });
    expect(json.outcomes[0].imageIds).toHaveLength(2);
    const { json: page } = await service.get(`/v1/datasets/${id}/images`);
    expect(page.items).toMatchObject([
      { format: 'tiff', frame: 1, width: 10, height: 8 },
      { format: 'tiff', frame: 2, width: 10, height: 8 },
    ]);
    expect(page.items[0].sha256).not.toBe(page.items[1].sha256);
  });

  test('of DICOM every frame is an image, and nothing of the patient is stored', async () => {
    const id = await newDataset();
    const frames = [new Uint8Array(80).fill(10), new Uint8Array(80).fill(200)];
    const form = formOf([...normal, ['file', dicom(10, 8, frames), 'series.dcm']]);
    const { json } = await service.post(`/v1/datasets/${id}/images`, { form });
    expect(json.outcomes[0].imageIds).toHaveLength(2);
    const { json: page } = await service.get(`/v1/datasets/${id}/images`);
    expect(page.items).toMatchObject([
      { format: 'dicom', mediaType: 'image/png', frame: 1, width: 10, height: 8, technicalTags: { modality: 'CT' } },
      { frame: 2 },
    ]);
    for (const { id: imageId } of page.items) {
      const { bytes } = await service.get(`/v1/datasets/${id}/images/${imageId}/content`);
      expect(bytes.includes('Mustermann')).toBe(false);
    }
    for (const key of await service.keys()) {
      const stored = await service.store.objects.get(key);
      expect(Buffer.from(stored!.bytes).includes('Mustermann')).toBe(false);
    }
  });

  test('a data set takes no more images than it may have', async () => {
    const id = await newDataset();
    const files = (count: number, seed: number) =>
      Array.from({ length: count }, (_, i): FormEntry => ['file', bitmap(16, 12, seed + i), `${i}.bmp`]);
    await service.post(`/v1/datasets/${id}/images`, { form: formOf([...normal, ...files(8, 0)]) });
    const { json } = await service.post(`/v1/datasets/${id}/images`, { form: formOf([...normal, ...files(6, 10)]) });
    expect(json).toMatchObject({ stored: 4, rejected: 2 });
    expect(json.outcomes[4].error).toMatchObject({ type: '/problems/data-set-full', limit: 12 });
    const full = await service.post(`/v1/datasets/${id}/images`, { form: formOf([...normal, ...files(1, 20)]) });
    expect(full).toMatchObject({ status: 409, problem: 'data-set-full' });
  });

  test.each<[string, FormEntry[], string]>([
    [
      'an unknown field',
      [
        ['colour', 'red'],
        ['file', bitmap(), 'a.bmp'],
      ],
      'validation-failed',
    ],
    ['an unknown file', [...normal, ['file', bitmap(), 'a.bmp'], ['picture', bitmap(), 'b.bmp']], 'validation-failed'],
    ['no file', normal, 'validation-failed'],
    [
      'no split',
      [
        ['label', 'normal'],
        ['file', bitmap(), 'a.bmp'],
      ],
      'validation-failed',
    ],
    [
      'no label',
      [
        ['split', 'train'],
        ['file', bitmap(), 'a.bmp'],
      ],
      'validation-failed',
    ],
    [
      'a label after its file',
      [
        ['split', 'train'],
        ['file', bitmap(), 'a.bmp'],
        ['label', 'normal'],
      ],
      'validation-failed',
    ],
    ['a label that is none', [...normal, ['file', bitmap(), 'a.bmp'], ['label', 'odd']], 'validation-failed'],
    [
      'too many files',
      [...normal, ...Array.from({ length: 9 }, (): FormEntry => ['file', bitmap(), 'a.bmp'])],
      'malformed-multipart',
    ],
    ['too many bytes', [...normal, ['file', bitmap(300, 300), 'a.bmp']], 'payload-too-large'],
  ])('of %s stores nothing at all', async (_, entries, problem) => {
    const id = await newDataset();
    const before = await service.keys();
    expect((await service.post(`/v1/datasets/${id}/images`, { form: formOf(entries) })).problem).toBe(problem);
    expect(await service.keys()).toEqual(before);
    expect(temporaries()).toEqual([]);
  });

  test('into a data set that is not there stores nothing', async () => {
    const before = await service.keys();
    const form = formOf([...normal, ['file', bitmap(), 'a.bmp']]);
    expect((await service.post(`/v1/datasets/${unknownId()}/images`, { form })).problem).toBe('not-found');
    expect(await service.keys()).toEqual(before);
  });

  test('that ends early is no form; with a broken part it is none either', async () => {
    const id = await newDataset();
    const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bmp"\r\n\r\nabc';
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    expect((await service.post(`/v1/datasets/${id}/images`, { body: head, headers })).problem).toBe(
      'malformed-multipart',
    );
    expect(
      (
        await service.post(`/v1/datasets/${id}/images`, {
          body: 'x',
          headers: { 'content-type': 'multipart/form-data' },
        })
      ).problem,
    ).toBe('malformed-multipart');
  });

  test('whose client goes away leaves no record and no temporary file', async () => {
    const id = await newDataset();
    const before = await service.keys();
    const part = (seed: number) =>
      Buffer.concat([
        Buffer.from(`--b\r\nContent-Disposition: form-data; name="file"; filename="${seed}.bmp"\r\n\r\n`),
        bitmap(16, 12, seed),
        Buffer.from('\r\n'),
      ]);
    const labels = Buffer.from(
      '--b\r\nContent-Disposition: form-data; name="split"\r\n\r\ntrain\r\n--b\r\nContent-Disposition: form-data; name="label"\r\n\r\nnormal\r\n',
    );
    const upload = httpRequest(`${service.url}/v1/datasets/${id}/images`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b', 'transfer-encoding': 'chunked' },
    });
    upload.on('error', () => undefined);
    upload.write(Buffer.concat([labels, ...Array.from({ length: 6 }, (_, i) => part(i))]));
    while ((await service.keys()).length <= before.length) await new Promise((resolve) => setTimeout(resolve, 5));
    upload.destroy();
    while ((await service.keys()).length > before.length || temporaries().length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await service.get(`/v1/datasets/${id}`)).json.counts.total).toBe(0);
    expect(await service.keys()).toEqual(before);
  });
});

describe('pages of images', () => {
  test('neither skip nor repeat what is there all the time, whatever is added and deleted meanwhile', async () => {
    const id = await newDataset();
    const upload = async (seed: number) => {
      const form = formOf([...normal, ['file', bitmap(16, 12, seed), `${seed}.bmp`]]);
      return (await service.post(`/v1/datasets/${id}/images`, { form })).json.outcomes[0].imageIds[0] as string;
    };
    const first = [];
    for (let seed = 0; seed < 6; seed++) first.push(await upload(seed));
    const seen: string[] = [];
    let cursor = '';
    for (let round = 0; ; round++) {
      const { json } = await service.get(`/v1/datasets/${id}/images?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...json.items.map((item: { id: string }) => item.id));
      if (json.nextCursor === undefined) break;
      cursor = json.nextCursor;
      if (round === 0) await service.delete(`/v1/datasets/${id}/images/${first[1]}`);
      if (round < 2) await upload(100 + round);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort());
    expect(seen).toEqual(expect.arrayContaining([first[0]!, ...first.slice(2)]));
  });

  test('can be of one split and label', async () => {
    const dataset = await service.dataset(2);
    const { json } = await service.get(`/v1/datasets/${dataset.id}/images?split=test&label=abnormal`);
    expect(json.items).toMatchObject([{ fileName: 'abnormal.bmp', mask: { width: 16, height: 12 } }]);
  });
});
