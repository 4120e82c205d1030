import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ImagingPool } from '@mediclip/imaging';
import { temporaryFolder } from '@mediclip/testing';
import type { Imaging } from '../dependencies.js';
import { bitmap } from '../testing/bitmaps.js';
import { dicom } from '../testing/dicom.js';
import { writeKeys } from '../testing/keys.js';
import { type FormEntry, formOf, TestService } from '../testing/test-service.js';

/**
 * The only thread that decodes for both services belongs to a file whose frames nobody takes, until it is given back.
 */
let imaging: ImagingPool;
let held: { return(): Promise<unknown> };
let late: TestService;
let shared: TestService;
let lateModel: string;
const models = new Map<string, string>();
/** By tenant: files that wait for the thread, and those that it has decoded, in their order. */
const asked: string[] = [];
const decoded: string[] = [];

beforeAll(async () => {
  imaging = await ImagingPool.start({ threads: 1 });
  const watched: Imaging = {
    frame: (...given) => imaging.frame(...given),
    overlay: (...given) => imaging.overlay(...given),
    identity: (...given) => imaging.identity(...given),
    frames(source, wants, options) {
      const caller = options?.caller ?? '';
      const frames = imaging.frames(source, wants, options);
      asked.push(caller);
      const next = frames.next.bind(frames);
      frames.next = async () => {
        const item = await next();
        if (item.done !== true) decoded.push(caller);
        return item;
      };
      return frames;
    },
  };
  const keysFile = path.join(temporaryFolder(), 'keys.json');
  writeKeys(keysFile, { 'key-of-many-files': 'many', 'key-of-one-file': 'one' });
  const scores = { images: 8, timeoutMs: 60_000, memoryBytes: 2 ** 24 };
  shared = await TestService.start({ settings: { scores, apiKeysFile: keysFile }, dependencies: { imaging: watched } });
  for (const key of ['key-of-many-files', 'key-of-one-file']) models.set(key, (await shared.model(key)).modelId);
  late = await TestService.start({ settings: { scores: { ...scores, timeoutMs: 300 } }, dependencies: { imaging } });
  lateModel = (await late.model()).modelId;

  const file = path.join(temporaryFolder(), 'held.dcm');
  const frames = Array.from({ length: 9 }, () => new Uint8Array(80));
  writeFileSync(file, dicom(10, 8, frames));
  const taken = imaging.frames({ path: file }, { prepared: { side: 8, kind: 'test' } });
  await taken.next();
  held = taken;
  asked.length = 0;
  decoded.length = 0;
});
afterAll(async () => {
  await held.return();
  await late.stop();
  await shared.stop();
  await imaging.close();
});

test('a score whose images are not decoded in time is answered as late, and leaves nothing', async () => {
  const form = formOf([['file', bitmap(16, 12)]]);
  const answer = await late.post(`/v1/models/${lateModel}/score`, { form });
  expect(answer).toMatchObject({ status: 504, problem: 'deadline-exceeded' });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(late.temporaryFiles).toEqual([]);
});

test('a score of one tenant waits for one file of another, and not for all', async () => {
  const score = (key: string, count: number) => {
    const form = formOf(Array.from({ length: count }, (_, at): FormEntry => ['file', bitmap(16, 12, at)]));
    return shared.post(`/v1/models/${models.get(key)}/score`, { form, key });
  };
  const untilAsked = async (count: number) => {
    while (asked.length < count) await yieldToEventLoop();
  };
  const many = score('key-of-many-files', 8);
  await untilAsked(8);
  const one = score('key-of-one-file', 1);
  await untilAsked(9);
  await held.return();
  expect([(await many).status, (await one).status]).toEqual([200, 200]);
  expect(decoded).toHaveLength(9);
  expect(decoded.indexOf('one')).toBeLessThan(2);
});
