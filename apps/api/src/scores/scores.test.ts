import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ImagingPool } from '@mediclip/imaging';
import { decodeImage } from '@mediclip/imaging/direct';
import type { Imaging } from '../dependencies.js';
import { bitmap } from '../testing/bitmaps.js';
import { dicom } from '../testing/dicom.js';
import { closeSharedPool, type FormEntry, formOf, TestService, unknownId } from '../testing/test-service.js';
import { grayTiff } from '../testing/tiff.js';

let service: TestService;
let modelId: string;
beforeAll(async () => {
  service = await TestService.start({
    settings: { scores: { images: 4, timeoutMs: 1500, memoryBytes: 2 ** 24 }, images: { maximumBytes: 20_000 } },
  });
  ({ modelId } = await service.model());
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const score = (entries: readonly FormEntry[], headers: Record<string, string> = {}) =>
  service.post(`/v1/models/${modelId}/score`, { form: formOf(entries), headers });
const white = Buffer.from(bitmap(16, 12, 0)).fill(255, 54);

describe('scoring at once', () => {
  test('answers for every file in order, a bad one costing only itself', async () => {
    const { status, json } = await score([
      ['file', white, 'white.bmp'],
      ['file', Buffer.from('x'), 'text.png'],
      ['file', bitmap(100, 100), 'large.bmp'],
      ['file', bitmap(16, 12, 1), 'other.bmp'],
    ]);
    expect(status).toBe(200);
    expect(json.modelId).toBe(modelId);
    expect(
      json.results.map(({ index, fileName, outcome }: Record<string, unknown>) => [index, fileName, outcome]),
    ).toEqual([
      [0, 'white.bmp', 'scored'],
      [1, 'text.png', 'rejected'],
      [2, 'large.bmp', 'rejected'],
      [3, 'other.bmp', 'scored'],
    ]);
    expect(json.results[0]).toMatchObject({
      score: 0.75,
      width: 16,
      height: 12,
      map: { width: 4, height: 4, min: 0, max: 0.75 },
      regions: [{ x: 8, y: 0, width: 8, height: 12, areaPixels: 96, peak: 0.75 }],
    });
    expect(json.results[0]).not.toHaveProperty('decision');
    expect(service.temporaryFiles).toEqual([]);
  });

  test('gives the overlay of one image for Accept: image/png', async () => {
    const answer = await score([['file', white, 'white.bmp']], { accept: 'image/png' });
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(await decodeImage(answer.bytes)).toMatchObject({ format: 'png', height: 288 });
    const two: FormEntry[] = [
      ['file', white, 'a.bmp'],
      ['file', white, 'b.bmp'],
    ];
    expect((await score(two, { accept: 'image/png' })).problem).toBe('not-acceptable');
    expect((await score([['file', white]], { accept: 'text/csv' })).problem).toBe('not-acceptable');
    const bad = await score([['file', Buffer.from('x'), 'a.png']], { accept: 'image/png' });
    expect(bad).toMatchObject({ status: 415, problem: 'image-unsupported-format' });
  });

  test('takes every frame of a DICOM file as an image', async () => {
    const frames = [new Uint8Array(80).fill(0), new Uint8Array(80).fill(255)];
    const { json } = await score([['file', dicom(10, 8, frames), 'series.dcm']]);
    expect(json.results).toMatchObject([
      { index: 0, frame: 1, score: 0 },
      { index: 0, frame: 2, score: 0.75 },
    ]);
    const many = dicom(
      10,
      8,
      Array.from({ length: 5 }, () => new Uint8Array(80)),
    );
    expect((await score([['file', many, 'series.dcm']])).json.results[0].error.type).toBe(
      '/problems/image-too-many-frames',
    );
  });

  test('takes every page of a TIFF file as an image', async () => {
    const { json } = await score([['file', grayTiff(10, 8, [0, 255]), 'pages.tif']]);
    expect(json.results).toMatchObject([
      { index: 0, frame: 1, score: 0 },
      { index: 0, frame: 2, score: 0.75 },
    ]);
  });

  test('decodes each file once, all of a request side by side', async () => {
    let isScoring = false;
    const asked: unknown[] = [];
    let allAsked: () => void = () => undefined;
    const together = new Promise<void>((resolve) => {
      allAsked = resolve;
    });
    const imaging: Imaging = {
      frame: (...given) => {
        if (isScoring) throw new Error('A file is decoded a second time.');
        return service.imaging.frame(...given);
      },
      overlay: (...given) => service.imaging.overlay(...given),
      identity: (...given) => service.imaging.identity(...given),
      frames: (source, wants, options) => {
        const frames = service.imaging.frames(source, wants, options);
        if (!isScoring) return frames;
        if (asked.push(source) === 3) allAsked();
        const next = frames.next.bind(frames);
        frames.next = () => together.then(next);
        return frames;
      },
    };
    const other = await TestService.start({ dependencies: { imaging } });
    try {
      const model = await other.model();
      isScoring = true;
      const form = formOf([0, 1, 2].map((at): FormEntry => ['file', bitmap(16, 12, at), `${at}.bmp`]));
      const { json } = await other.post(`/v1/models/${model.modelId}/score`, { form });
      expect(json.results.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['scored', 'scored', 'scored']);
      expect(new Set(asked).size).toBe(3);
      const overlay = formOf([['file', white, 'white.bmp']]);
      const accept = { accept: 'image/png' };
      const drawn = await other.post(`/v1/models/${model.modelId}/score`, { form: overlay, headers: accept });
      expect(drawn.headers.get('content-type')).toBe('image/png');
      expect(asked.length).toBe(4);
    } finally {
      await other.stop();
    }
  });

  test('takes many frames and files through one thread, those that find no room refused in their order', async () => {
    const imaging = await ImagingPool.start({ threads: 1 });
    const settings = { scores: { images: 4, timeoutMs: 10_000, memoryBytes: 2 ** 24 } };
    const other = await TestService.start({ settings, dependencies: { imaging } });
    try {
      const { modelId: model } = await other.model();
      const series = (frames: number) =>
        dicom(
          10,
          8,
          Array.from({ length: frames }, (_, at) => new Uint8Array(80).fill(at * 60)),
        );
      const form = formOf([
        ['file', series(2), 'two.dcm'],
        ['file', series(3), 'three.dcm'],
        ['file', Buffer.from('x'), 'bad.png'],
        ['file', series(2), 'two-more.dcm'],
      ]);
      const { json } = await other.post(`/v1/models/${model}/score`, { form });
      const outcomes = json.results.map(({ index, frame, outcome, error }: Record<string, unknown>) => [
        index,
        frame ?? (error as { type: string }).type.split('/').at(-1),
        outcome,
      ]);
      expect(outcomes).toEqual([
        [0, 1, 'scored'],
        [0, 2, 'scored'],
        [1, 'image-too-many-frames', 'rejected'],
        [2, 'image-unsupported-format', 'rejected'],
        [3, 1, 'scored'],
        [3, 2, 'scored'],
      ]);
    } finally {
      await other.stop();
      await imaging.close();
    }
  });

  test.each<[string, FormEntry[]]>([
    ['no file', [['note', 'x']]],
    [
      'a field',
      [
        ['file', white],
        ['threshold', '0.5'],
      ],
    ],
    ['a mask', [['mask', white]]],
    ['more files than it may have', Array.from({ length: 5 }, (): FormEntry => ['file', white])],
  ])('refuses a form with %s', async (_, entries) => {
    expect((await score(entries)).problem).toBe('validation-failed');
  });

  test('of a model that is not there is not found', async () => {
    const { problem } = await service.post(`/v1/models/${unknownId()}/score`, { form: formOf([['file', white]]) });
    expect(problem).toBe('not-found');
  });
});

describe('when the worker', () => {
  test('cannot score, its problem is the answer', async () => {
    service.worker!.scoreReply = async () => ({
      outcome: 'refused',
      slug: 'device-out-of-memory',
      detail: 'It did not fit.',
    });
    expect(await score([['file', white]])).toMatchObject({ status: 503, problem: 'device-out-of-memory' });
    service.worker!.scoreReply = async () => {
      throw new Error('secret detail');
    };
    const failed = await score([['file', white]]);
    expect(failed).toMatchObject({ status: 500, problem: 'internal' });
    expect(failed.text).not.toContain('secret');
    service.worker!.scoreReply = undefined;
  });

  test('does not answer in time, the caller learns it and may come again', async () => {
    let answer: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      answer = resolve;
    });
    service.worker!.scoreReply = async () => {
      await waiting;
      return { outcome: 'scored', scores: [] };
    };
    expect(await score([['file', white]])).toMatchObject({ status: 504, problem: 'deadline-exceeded' });
    answer();
    service.worker!.scoreReply = undefined;
  });

  test('works for a client that goes away, it is told to stop', async () => {
    let answer: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const asked = service.worker!.scoreSignals.length;
    service.worker!.scoreReply = async () => {
      await waiting;
      return { outcome: 'scored', scores: [] };
    };
    const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bmp"\r\n\r\n';
    const body = Buffer.concat([Buffer.from(head), white, Buffer.from('\r\n--b--\r\n')]);
    const sending = httpRequest(`${service.url}/v1/models/${modelId}/score`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': body.length },
    });
    sending.on('error', () => undefined);
    sending.end(body);
    while (service.worker!.scoreSignals.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
    const signal = service.worker!.scoreSignals.at(-1)!;
    const stopped = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
    sending.destroy();
    expect(await stopped).toMatchObject({ name: 'ClientGone' });
    answer();
    service.worker!.scoreReply = undefined;
  });
});
