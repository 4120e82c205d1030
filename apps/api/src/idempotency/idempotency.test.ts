import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '@mediclip/store';
import { zip } from '../testing/archives.js';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, type FormEntry, formOf, freshKey, TestService } from '../testing/test-service.js';

let service: TestService;
let datasetId: string;
let modelId: string;
beforeAll(async () => {
  service = await TestService.start();
  const made = await service.model();
  modelId = made.modelId;
  datasetId = made.dataset.id;
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

let release: () => void = () => undefined;
afterEach(() => {
  release();
  service.worker!.scoreReply = undefined;
});
const withKey = (key: string) => ({ 'idempotency-key': key });
const make = (key: string, name = 'a') => service.post('/v1/datasets', { json: { name }, headers: withKey(key) });
const replayed = 'idempotent-replayed';

describe('an Idempotency-Key', () => {
  test('with the same body gives the same answer and does the work once', async () => {
    const key = freshKey();
    const first = await make(key);
    const again = await make(key);
    expect(again).toMatchObject({ status: 201, json: first.json });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect([first.headers.get(replayed), again.headers.get(replayed)]).toEqual([null, 'true']);
  });

  test('with another body is refused', async () => {
    const key = freshKey();
    await make(key);
    expect(await make(key, 'b')).toMatchObject({ status: 422, problem: 'idempotency-key-reused' });
  });

  test('whose first request is still running is refused for the moment', async () => {
    const key = freshKey();
    let begun: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const map = new Float32Array(4);
    service.worker!.scoreReply = async () => {
      begun();
      await waiting;
      return { outcome: 'scored', scores: [{ score: 0.5, map, mapSide: 2 }] };
    };
    const send = () =>
      service.post(`/v1/models/${modelId}/score`, {
        form: formOf([['file', bitmap(), 'a.bmp']]),
        headers: withKey(key),
      });
    const first = send();
    await started;
    const meanwhile = await send();
    expect(meanwhile).toMatchObject({ status: 409, problem: 'idempotency-in-progress' });
    release();
    expect((await first).json.results).toMatchObject([{ score: 0.5 }]);
    const after = await send();
    expect(after.json).toEqual((await first).json);
    expect(after.headers.get(replayed)).toBe('true');
  });

  test('of a request that was not valid is free for the corrected one', async () => {
    const key = freshKey();
    expect((await make(key, '')).problem).toBe('validation-failed');
    expect((await make(key)).status).toBe(201);
    const other = freshKey();
    const json = { datasetId, shots: 500 };
    expect((await service.post('/v1/adaptations', { json, headers: withKey(other) })).problem).toBe('too-few-images');
    expect(
      (await service.post('/v1/adaptations', { json: { datasetId, shots: 2 }, headers: withKey(other) })).status,
    ).toBe(202);
  });

  test('of an upload counts the body by its digest, whatever its boundary', async () => {
    const key = freshKey();
    const target = `/v1/datasets/${datasetId}/images`;
    const form = (seed: number) =>
      formOf([
        ['split', 'train'],
        ['label', 'normal'],
        ['file', bitmap(16, 12, seed), 'a.bmp'],
      ]);
    const first = await service.post(target, { form: form(1), headers: withKey(key) });
    const again = await service.post(target, { form: form(1), headers: withKey(key) });
    expect(again.json).toEqual(first.json);
    expect(again.headers.get(replayed)).toBe('true');
    expect((await service.post(target, { form: form(2), headers: withKey(key) })).problem).toBe(
      'idempotency-key-reused',
    );
    const { json } = await service.get(`${target}?limit=200`);
    expect(json.items.filter(({ fileName }: { fileName: string }) => fileName === 'a.bmp')).toHaveLength(1);
  });

  describe('of an upload', () => {
    let original: typeof service.store.objects.put;
    beforeAll(() => {
      original = service.store.objects.put.bind(service.store.objects);
    });
    afterEach(() => void Object.assign(service.store.objects, { put: original }));

    /** Makes writes fail for which `isBroken` says so. */
    function breakStore(isBroken: (key: string, body: string) => boolean): void {
      Object.assign(service.store.objects, {
        put: async (...args: Parameters<typeof original>) => {
          const [key, body] = args;
          const text = body instanceof Uint8Array ? Buffer.from(body).toString() : '';
          if (isBroken(key, text)) throw new StoreUnavailable('The store is away.');
          return original(...args);
        },
      });
    }

    async function upload() {
      const { json } = await service.post('/v1/datasets', { json: { name: 'uploads' } });
      const headers = withKey(freshKey());
      const form = () =>
        formOf([
          ['split', 'train'],
          ['label', 'normal'],
          ...[1, 2, 3, 4].map((seed): FormEntry => ['file', bitmap(16, 12, seed), `${seed}.bmp`]),
        ]);
      const target = `/v1/datasets/${json.id}/images`;
      const ids = async () => (await service.get(target)).json.items.map(({ id }: { id: string }) => id);
      return { send: () => service.post(target, { form: form(), headers }), ids, target };
    }

    test('whose answer could not be kept gives the same images when it is repeated', async () => {
      const { send, ids } = await upload();
      breakStore((key, body) => key.includes('/idempotency/') && body.includes('"answered"'));
      const first = await send();
      expect(first.json.stored).toBe(4);
      Object.assign(service.store.objects, { put: original });
      const before = await ids();
      const again = await send();
      expect(again.json).toEqual(first.json);
      expect(await ids()).toEqual(before);
      expect(before).toHaveLength(4);
      expect((await send()).headers.get(replayed)).toBe('true');
    });

    test('that stopped in the middle of its images adds none of them twice when it is repeated', async () => {
      const { send, ids } = await upload();
      let records = 0;
      const remove = service.store.objects.delete.bind(service.store.objects);
      Object.assign(service.store.objects, { delete: () => Promise.reject(new StoreUnavailable('away')) });
      breakStore((key) => key.includes('/images/') && ++records > 2);
      expect((await send()).problem).toBe('store-unavailable');
      Object.assign(service.store.objects, { put: original, delete: remove });
      const before = await ids();
      expect(before).toHaveLength(2);
      const again = await send();
      expect(again.json.stored).toBe(4);
      expect(await ids()).toEqual([
        ...before,
        ...again.json.outcomes.slice(2).flatMap((o: { imageIds: string[] }) => o.imageIds),
      ]);
    });
  });

  test('of an archive counts its bytes', async () => {
    const key = freshKey();
    const headers = { ...withKey(key), 'content-type': 'application/zip' };
    const body = await zip([['train/normal/z.bmp', bitmap(16, 12, 50)]]);
    const send = (bytes: Uint8Array) => service.post(`/v1/datasets/${datasetId}/archive`, { body: bytes, headers });
    const first = await send(body);
    expect((await send(body)).json).toEqual(first.json);
    const other = await zip([['train/normal/z.bmp', bitmap(16, 12, 51)]]);
    expect((await send(other)).problem).toBe('idempotency-key-reused');
  });

  test('repeats an overlay byte by byte', async () => {
    const headers = { ...withKey(freshKey()), accept: 'image/png' };
    const send = () =>
      service.post(`/v1/models/${modelId}/score`, { form: formOf([['file', bitmap(), 'a.bmp']]), headers });
    const [first, again] = [await send(), await send()];
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(again.headers.get('content-type')).toBe('image/png');
    expect(again.headers.get(replayed)).toBe('true');
  });

  test('stands for one method and path', async () => {
    const key = freshKey();
    const first = await make(key);
    const upload = await service.post(`/v1/datasets/${first.json.id}/archive`, {
      body: await zip([['train/normal/a.bmp', bitmap()]]),
      headers: { ...withKey(key), 'content-type': 'application/zip' },
    });
    expect(upload.headers.get(replayed)).toBeNull();
  });

  test('makes one of many requests at the same moment the first', async () => {
    const key = freshKey();
    const answers = await Promise.all(Array.from({ length: 8 }, () => make(key, 'many')));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ json }) => json.id)).size).toBe(1);
    for (const { status, problem } of answers) {
      if (status !== 201) expect(problem).toBe('idempotency-in-progress');
    }
    const { json } = await service.get('/v1/datasets?limit=200');
    expect(json.items.filter(({ name }: { name: string }) => name === 'many')).toHaveLength(1);
  });

  test.each(['', 'x'.repeat(256), 'with space', 'ümlaut'])('is refused when it is %j', async (key) => {
    expect((await make(key)).problem).toBe('idempotency-key-invalid');
  });
});
