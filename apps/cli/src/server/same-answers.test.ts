import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { sha256, unzip } from '../end-to-end/testing/exported-files.js';
import { type ServiceProcess, startService } from '../end-to-end/testing/service-process.js';
import { digestsIn, exampleImages, folderWith, imagesFolder, quickOptions } from '../testing/example-set.js';
import { type JsonEvent, mediclip, mediclipEvents, startMediclip } from '../testing/run-mediclip.js';

jest.setTimeout(180_000);

const folder = temporaryFolder();
const keyFile = path.join(folder, 'key');
const here = path.join(folder, 'brain');
const options = ['--options', quickOptions(1)];
const part = (place: string, count: number) =>
  exampleImages(place, count).map((file) => [`${place}/${path.basename(file)}`, readFileSync(file)] as const);
/** Some of the bundled examples. */
const examples = folderWith(
  Object.fromEntries([
    ...part('train/normal', 6),
    ...part('test/normal', 5),
    ...part('test/abnormal', 4),
    ...part('masks', 4),
  ]),
);
/** The last line of `--json`, which is the answer. */
const answer = (events: readonly JsonEvent[]) => events.at(-1)!;
const named = (events: readonly JsonEvent[], name: string) => events.find(({ event }) => event === name);

let service: ServiceProcess;
let there: readonly string[];
let remote: string;
let datasetId: string;
let adapted: { readonly here: JsonEvent[]; readonly there: JsonEvent[] };

beforeAll(async () => {
  const keys = path.join(folder, 'keys.json');
  writeFileSync(keyFile, (await mediclip(['keys', 'create', 'team', '--file', keys])).stdout);
  service = await startService({ settings: { MEDICLIP_API_KEYS_FILE: keys } });
  there = ['--server', service.baseUrl, '--key-file', keyFile];
  adapted = {
    there: await mediclipEvents([...there, 'adapt', examples, ...options]),
    here: await mediclipEvents(['adapt', examples, '--out', here, ...options]),
  };
  remote = String(answer(adapted.there).model);
  datasetId = String(named(adapted.there, 'uploaded')!.datasetId);
});
afterAll(() => service?.killTree());

describe('a command on a server gives the answer of the local one', () => {
  test('adapt', async () => {
    expect(named(adapted.there, 'found')).toEqual(named(adapted.here, 'found'));
    const last = (events: JsonEvent[]) => events.findLast(({ phase }) => phase === 'training')!;
    const { done, total, loss } = last(adapted.here);
    expect(last(adapted.there)).toMatchObject({ done, total, loss });
    const file = path.join(folder, 'exported.zip');
    expect(await mediclip([...there, 'models', 'export', remote, file])).toMatchObject({ end: 0 });
    const exported = await unzip(readFileSync(file));
    for (const name of ['detector.safetensors', 'memory.safetensors']) {
      expect([name, sha256(exported.get(name)!)]).toEqual([name, digestsIn(here)[name]]);
    }
  });

  test('score, with maps', async () => {
    const images = [...exampleImages('test/normal', 1), ...exampleImages('test/abnormal', 2)];
    const maps = [path.join(folder, 'maps-here'), path.join(folder, 'maps-there')] as const;
    const scores = async (model: string, to: string, ...before: readonly string[]) => {
      const events = await mediclipEvents([...before, 'score', model, ...images, '--maps', to, '--raw']);
      return events.sort((a, b) => (String(a.file) < String(b.file) ? -1 : 1));
    };
    expect(await scores(remote, maps[1], ...there)).toEqual(await scores(here, maps[0]));
    expect(Object.keys(digestsIn(maps[0]))).toHaveLength(2 * images.length);
    expect(digestsIn(maps[1])).toEqual(digestsIn(maps[0]));
    const missing = await mediclip([...there, 'score', remote, 'missing.png']);
    expect(missing).toEqual(await mediclip(['score', here, 'missing.png']));
    expect(missing.end).toBe(1);
  });

  test('evaluate and audit', async () => {
    const local = answer(await mediclipEvents(['evaluate', here, examples]));
    const evaluated = answer(await mediclipEvents([...there, 'evaluate', remote, datasetId]));
    for (const field of ['figures', 'masks', 'leftOut', 'copies', 'learned']) {
      expect([field, evaluated[field]]).toEqual([field, local[field]]);
    }
    const table = await mediclip([...there, 'audit', datasetId]);
    expect(table.stdout).toBe((await mediclip(['audit', examples])).stdout);
  });

  test('revise, calibrate and threshold', async () => {
    const more = imagesFolder(exampleImages('test/normal', 2));
    const out = path.join(folder, 'revised');
    const revised = answer(await mediclipEvents(['revise', here, more, '--known', examples, '--out', out]));
    expect(answer(await mediclipEvents([...there, 'revise', remote, more])).added).toEqual(revised.added);
    const calibrated = answer(await mediclipEvents([...there, 'calibrate', remote, datasetId, '--alpha', '0.2']));
    expect(calibrated).toMatchObject({ event: 'calibrated', threshold: expect.any(Number), images: 8 });
    const threshold = async (...args: string[]) => (await mediclip([...there, 'threshold', remote, ...args])).stdout;
    expect(await threshold('--threshold', '0.25')).toMatch(/^Scores above 0\.25 are .*by hand, no guarantee\)\.\n$/);
    expect(await threshold('--calibrated')).toMatch(/: at most 20 % of normal images\.\n$/);
  });
});

test('lists, aliases and the login, which is kept for its owner only', async () => {
  const environment = { XDG_CONFIG_HOME: path.join(folder, 'config') };
  const run = (...args: string[]) => mediclip(args, environment);
  expect(await mediclip(['login', service.baseUrl], { ...environment, MEDICLIP_API_KEY: 'wrong' })).toMatchObject({
    end: 1,
    stderr: expect.stringContaining('does not take this key'),
  });
  expect((await run('--key-file', keyFile, 'login', service.baseUrl)).end).toBe(0);
  expect(statSync(path.join(folder, 'config', 'mediclip', 'login.json')).mode & 0o777).toBe(0o600);

  expect((await run('models', 'list')).stdout).toContain(remote);
  expect((await run('datasets', 'list')).stdout).toContain(datasetId);
  expect((await run('jobs', 'list')).stdout).toMatch(/ adaptation +succeeded$/m);
  expect((await run('aliases', 'set', 'production', remote)).end).toBe(0);
  const image = exampleImages('test/normal', 1);
  expect((await run('score', '@production', ...image)).stdout).toBe((await run('score', remote, ...image)).stdout);
  expect(await run('score', remote, ...image, '--device', 'cpu')).toMatchObject({
    end: 1,
    stderr: expect.stringContaining('--device is for work on this machine'),
  });
  expect((await run('threshold', here, '--calibrated', '--local')).stderr).toContain('has no model.json');
  expect((await run('logout')).end).toBe(0);
  expect(await run('models', 'list')).toMatchObject({ end: 1, stderr: expect.stringContaining('Name a server') });
});

test('Ctrl-C leaves the job alone, and cancels it when asked', async () => {
  const stopped = async (...more: string[]) => {
    const args = [...there, 'adapt', datasetId, '--options', quickOptions(1000), '--json', ...more];
    const running = startMediclip(args);
    const { id } = await running.event(({ event }) => event === 'job');
    await running.event(({ event }) => event === 'progress');
    running.signalGroup('SIGINT');
    return { ...(await running.finished), id: String(id) };
  };
  const left = await stopped();
  expect(left).toMatchObject({ end: 130, stderr: expect.stringContaining(`mediclip jobs cancel ${left.id}`) });
  expect(answer(await mediclipEvents([...there, 'jobs', 'show', left.id]))).toMatchObject({ state: 'running' });
  expect(await mediclip([...there, 'jobs', 'cancel', left.id])).toMatchObject({ end: 0 });
  const cancelled = await stopped('--cancel-on-stop');
  expect(cancelled.end).toBe(130);
  expect(await mediclip([...there, 'jobs', 'wait', cancelled.id])).toMatchObject({
    end: 1,
    stderr: expect.stringContaining('cancelled'),
  });
});

test('an address that is none, and a command of this machine with a server, are refused', async () => {
  expect(await mediclip(['--server', 'mailto:a', 'models', 'list'])).toMatchObject({
    end: 1,
    stderr: expect.stringContaining('is no address of a server'),
  });
  expect(await mediclip([...there, 'weights', 'list'])).toMatchObject({
    end: 1,
    stderr: expect.stringContaining('works on this machine: leave out --server'),
  });
});
