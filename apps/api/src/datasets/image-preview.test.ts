import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bitmap } from '../testing/bitmaps.js';
import { dicom } from '../testing/dicom.js';
import { closeSharedPool, formOf, TestService } from '../testing/test-service.js';

let service: TestService;
let images: string;
let ids: string[];
beforeAll(async () => {
  service = await TestService.start();
  const { json } = await service.post('/v1/datasets', { json: { name: 'a' } });
  images = `/v1/datasets/${json.id}/images`;
  const form = formOf([
    ['split', 'train'],
    ['label', 'normal'],
    ['file', bitmap(64, 32, 1), 'a.bmp'],
    ['file', dicom(32, 16, [new Uint8Array(512).map((_, i) => i)]), 'b.dcm'],
  ]);
  const { outcomes } = (await service.post(images, { form })).json;
  ids = outcomes.flatMap(({ imageIds }: { imageIds: string[] }) => imageIds);
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const pngSize = (bytes: Buffer) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];

describe('a preview', () => {
  test('is a PNG of the asked size in the aspect of the image, never larger than it', async () => {
    for (const [side, size] of [
      [32, [32, 16]],
      [1024, [64, 32]],
    ] as const) {
      const { headers, bytes } = await service.get(`${images}/${ids[0]}/preview?side=${side}`);
      expect(headers.get('content-type')).toBe('image/png');
      expect(pngSize(bytes)).toEqual(size);
    }
  });

  test('is made of DICOM too', async () => {
    const { status, bytes } = await service.get(`${images}/${ids[1]}/preview`);
    expect([status, bytes.subarray(1, 4).toString()]).toEqual([200, 'PNG']);
  });

  test('is sent once: a browser that has it is told so', async () => {
    const { headers } = await service.get(`${images}/${ids[0]}/preview?side=32`);
    const etag = headers.get('etag')!;
    const again = await service.get(`${images}/${ids[0]}/preview?side=32`, { headers: { 'if-none-match': etag } });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    const other = await service.get(`${images}/${ids[0]}/preview?side=64`, { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
  });
});
