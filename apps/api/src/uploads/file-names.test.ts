import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { zip } from '../testing/archives.js';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, formOf, freshKey, TestService } from '../testing/test-service.js';

const name = 'Ada_Lovelace';
let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ settings: { fileNames: 'hash' } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

test('with hashes in place of names no name is in an answer, in the store or in the log', async () => {
  const { modelId, dataset } = await service.model();
  const headers = () => ({ 'idempotency-key': freshKey() });
  const uploads = `/v1/datasets/${dataset.id}`;
  const picture = bitmap(16, 12, 7);
  const form = formOf([
    ['split', 'test'],
    ['label', 'abnormal'],
    ['group', name],
    ['file', picture, `${name}.bmp`],
    ['file', Buffer.from('no image'), `${name}.txt`],
  ]);
  const archive = await zip([
    [`test/abnormal/${name}.bmp`, bitmap(16, 12, 8)],
    [`masks/${name}.bmp`, picture],
    [`masks/${name}_mask.bmp`, picture],
    [`${name}/notes.txt`, 'a note'],
  ]);
  const scored = formOf([['file', picture, `${name}.bmp`]]);
  const answers = [
    await service.post(`${uploads}/images`, { form, headers: headers() }),
    await service.post(`${uploads}/archive`, {
      body: archive,
      headers: { 'content-type': 'application/zip', ...headers() },
    }),
    await service.post(`/v1/models/${modelId}/score`, { form: scored, headers: headers() }),
    await service.get(`${uploads}/images?label=abnormal`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const [first, second] = answers.map(({ json }) => json.outcomes);
  expect(first.map((one: { outcome: string }) => one.outcome)).toEqual(['stored', 'rejected']);
  expect(first[0].fileName).toMatch(/^[0-9a-f]{32}\.bmp$/);
  const images = async (query: string) => (await service.get(`${uploads}/images?${query}`)).json.items;
  const [{ id, group }] = await images(`group=${name}`);
  expect(await images(`group=${group}`)).toMatchObject([{ id }]);
  expect(answers[2]!.json.results[0].fileName).toBe(first[0].fileName);
  expect(second.length).toBeGreaterThan(2);
  const texts = [...answers.map(({ text }) => text), ...service.log];
  for (const key of await service.keys()) {
    texts.push(key, Buffer.from((await service.store.objects.get(key))!.bytes).toString());
  }
  expect(texts.filter((text) => text.includes(name))).toEqual([]);
});
