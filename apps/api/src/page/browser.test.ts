import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProblemError, type ScoringResult } from '@mediclip/contracts';
import { ctSlice, findChromium, niftiVolume, openBrowser, temporaryFolder, Visitor } from '@mediclip/testing';
import { zip } from '../testing/archives.js';
import { bitmap } from '../testing/bitmaps.js';
import { FakeWorker } from '../testing/fake-worker.js';
import { writeKeys } from '../testing/keys.js';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';

const executablePath = await findChromium();
const key = 'mine-1234567890';
const apiKeysFile = path.join(temporaryFolder(), 'keys.json');
const many = 2000;

const folder = temporaryFolder();

let service: TestService;
let browser: Awaited<ReturnType<typeof openBrowser>>;
let visitor: Visitor;

/** A busy machine must not make the server shed what the page asks for. */
const settings = { page: true, apiKeysFile, queueDepth: 1, eventLoopDelayMs: 60_000, requestsPerMinute: 100_000 };

/** A folder in a layout that is known, with one file that is no picture. */
function picturesFolder(): string {
  const made = path.join(temporaryFolder(), 'brains');
  let seed = 0;
  for (const [part, count] of [
    ['train/normal', 3],
    ['test/normal', 2],
    ['test/abnormal', 2],
  ] as const) {
    mkdirSync(path.join(made, part), { recursive: true });
    for (let i = 0; i < count; i++) writeFileSync(path.join(made, part, `${i}.bmp`), bitmap(64, 48, seed++));
  }
  writeFileSync(path.join(made, 'test/normal/broken.png'), 'no picture');
  return made;
}

/** Two series of one patient, one to learn from and one to test with, in files whose names tell nothing. */
function slicesFolder(): string {
  const made = path.join(temporaryFolder(), 'slices');
  for (const [study, part] of [
    [1, 'train/normal'],
    [2, 'test/normal'],
  ] as const) {
    mkdirSync(path.join(made, part), { recursive: true });
    writeFileSync(path.join(made, part, `IM${study}`), ctSlice(study, 1));
  }
  return made;
}

/** Faults but for refusals that a test has provoked, which browsers log on their own. */
const faults = async () => (await visitor.allFaults()).filter((fault) => !/Failed to load resource/.test(fault));

(executablePath === null ? describe.skip : describe)('the page of a server with keys', () => {
  beforeAll(async () => {
    writeKeys(apiKeysFile, { [key]: 'clinic', other: 'clinic' });
    service = await TestService.start({ settings, folder, worker: false });
    browser = await openBrowser(executablePath!);
    visitor = await Visitor.arrive(browser, service.url);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await closeSharedPool();
  });

  const signIn = async (with_: string) => {
    await visitor.fill('API key', with_);
    await visitor.press('Sign in');
  };
  const idOfPage = () => visitor.page.url().split('/').at(-1)!;

  test('asks for a key first, and says so of a wrong one', async () => {
    await visitor.see('h1', 'Sign in');
    expect(await visitor.inspect('sign-in')).toEqual([]);
    await signIn('wrong');
    await visitor.see('.problem', 'That did not work.');
    await visitor.fill('API key', key);
    await visitor.press('Sign in');
    await visitor.see('h1', 'Find what does not look normal');
  });

  test('takes a folder that is dropped, goes on after a cut connection without copies, and names what was refused', async () => {
    let wasCut = false;
    service.server.server.prependListener('request', (request) => {
      if (wasCut || !request.url?.endsWith('/images')) return;
      wasCut = true;
      request.once('data', () => request.socket.destroy());
    });
    await visitor.drop('Drop a folder of pictures here', [picturesFolder()]);
    await visitor.see('dialog li', 'Normal pictures to learn from: 3');
    await visitor.press('Send 8 pictures');
    await visitor.see('section', '7 stored, 0 skipped, 1 refused');
    expect(wasCut).toBe(true);
    await visitor.press('Why 1 file was refused');
    await visitor.see('details li', 'broken.png');
    await visitor.see('p', '7 pictures: 3 normal to learn from, 2 normal and 2 abnormal to test with.');
    await visitor.page.waitForSelector('select[aria-label="What 0.bmp is"]');
    await visitor.page.select('select[aria-label="What 0.bmp is"]', '1');
    await visitor.see('p', '7 pictures: 2 normal to learn from, 3 normal and 2 abnormal to test with.');
    expect(await faults()).toEqual([]);
  });

  test('shows what an archive holds before it is sent', async () => {
    const dataset = visitor.page.url();
    await visitor.press('Start');
    const assets = fileURLToPath(new URL('../../../page/dist/site/assets', import.meta.url));
    const archive = readdirSync(assets).find((name) => name.endsWith('.zip'))!;
    await visitor.choose('Drop a folder of pictures here', [path.join(assets, archive)]);
    await visitor.see('dialog li', 'Abnormal pictures to test with: 16 (16 masks)');
    await visitor.press('Cancel');
    await visitor.page.goto(dataset);
  });

  test('warns before it is left in the middle of an upload, which can be cancelled, and brings pictures of its own', async () => {
    const { page } = visitor;
    const dataset = page.url();
    const held = await visitor.holdBack('/archive');
    await visitor.press('Start');
    await visitor.press('Try it on the bundled brain images');
    await held.one;
    await visitor.see('label', 'Sending the archive');
    const asked = new Promise<string>((resolve) => {
      page.once('dialog', (dialog) => void dialog.dismiss().then(() => resolve(dialog.type())));
    });
    await page.close({ runBeforeUnload: true });
    expect(await asked).toBe('beforeunload');
    await visitor.press('Cancel');
    await visitor.see('section', 'Cancelled.');
    await held.end();

    await visitor.press('Start');
    await visitor.press('Try it on the bundled brain images');
    await visitor.see('p', '56 pictures: 24 normal to learn from, 16 normal and 16 abnormal to test with.');
    // Nothing is sent any more: a question would keep the page where it is.
    await page.goto(dataset);
  });

  test('asks how DICOM files and volumes are read, of a folder, an archive and single files, and sends what was chosen', async () => {
    const dataset = visitor.page.url();
    await visitor.press('Start');
    await visitor.drop('Drop a folder of pictures here', [slicesFolder()]);
    await visitor.see('dialog label', 'DICOM');
    expect(await visitor.inspect('plan-dicom')).toEqual([]);
    await visitor.select('DICOM', 'patient');
    await visitor.press('Send 2 pictures');
    await visitor.see('section .problem', 'is not parted between train and test');

    const [one, another] = [400, 500].map((step) =>
      niftiVolume([8, 9, 10], [1, 1, 5], (x, y, z) => x + 20 * y + step * z),
    );
    const [archive, single] = ['volumes.zip', 'head.nii'].map((name) => path.join(temporaryFolder(), name));
    writeFileSync(archive!, await zip([['train/normal/head.nii', one!]]));
    writeFileSync(single!, another!);
    await visitor.choose('Normal, to learn from', [archive!]);
    await visitor.see('dialog li', 'Normal pictures to learn from: 1');
    expect(await visitor.page.$$eval('dialog select', ({ length }) => length)).toBe(1);
    await visitor.select('NIfTI', 'sagittal');
    await visitor.press('Send 1 picture');
    await visitor.see('p', '8 pictures: 8 normal to learn from');
    await visitor.press('Add pictures');
    await visitor.choose('Normal, to test with', [single!]);
    await visitor.select('NIfTI', 'coronal');
    await visitor.press('Send 1 picture');
    await visitor.see('p', '17 pictures: 8 normal to learn from, 9 normal');
    await visitor.page.goto(dataset);
  });

  test('says what to do when nobody takes a job up, and when the queue is full', async () => {
    const datasetId = idOfPage();
    await visitor.press('Make a detector');
    await visitor.see('h1', 'Making a detector');
    await visitor.page.evaluate(`{ const now = Date.now; Date.now = () => now() + 40_000; }`);
    await visitor.see('.problem', 'no worker is running: whoever runs the server starts one with “mediclip worker”.');
    expect(await visitor.inspect('job-waiting')).toEqual([]);
    await visitor.page.goto(`${service.url}/app/datasets/${datasetId}`);
    await visitor.press('Make a detector');
    await visitor.see('.problem', /As many jobs are waiting as the server accepts. Try again in \d+ s, or cancel jobs/);
    service.worker = await FakeWorker.start(service);
    await visitor.press('Jobs');
    await visitor.see('.job-line', 'done');
    await visitor.press('Making a detector');
    await visitor.press('See the detector');
    await visitor.see('p', 'It is not calibrated: there is no promise yet');
  });

  test('says of a job that failed what was wrong and where to read what to do', async () => {
    const modelPage = visitor.page.url();
    service.worker!.failure = new ProblemError('too-few-images', 'It needs 2 pictures and has 1.');
    const request = { modelId: idOfPage(), datasetId: await datasetNamed('brains') };
    const { json: job } = await service.post('/v1/scorings', { json: request, key });
    await service.ended(job.id, key);
    service.worker!.failure = undefined;
    await visitor.page.goto(`${service.url}/app/jobs/${job.id}`);
    await visitor.see('.problem', 'It needs 2 pictures and has 1. What to do');
    expect(await visitor.inspect('job-failed')).toEqual([]);
    await visitor.page.goto(modelPage);
  });

  test('says of an empty data set what is missing', async () => {
    const modelPage = visitor.page.url();
    await service.post('/v1/datasets', { json: { name: 'Nothing' }, key });
    await visitor.page.reload();
    await visitor.see('label', 'On the pictures of');
    await visitor.select('On the pictures of', await datasetNamed('Nothing'));
    await visitor.see('p', 'It is empty: add pictures first.');
    await visitor.press('add pictures');
    await visitor.see('p', 'Add at least one normal picture to learn from');
    await visitor.page.goto(modelPage);
  });

  test('shows 2,000 results a portion at a time, and draws a dragged threshold once a frame without a request', async () => {
    const modelId = idOfPage();
    const datasetId = await datasetNamed('brains');
    const { json } = await service.post('/v1/scorings', { json: { modelId, datasetId, split: 'test' }, key });
    await service.ended(json.id, key);
    multiplyResults(json.id);
    addOutlier(modelId);
    await visitor.page.reload();
    await visitor.see('p', 'It has learned from 1 picture that is of another kind than the rest');
    let [requests, previews] = [0, 0];
    visitor.page.on('request', (request) => {
      requests++;
      if (request.url().includes('/preview')) previews++;
    });
    await visitor.page.goto(`${service.url}/app/results/${json.id}`);
    await visitor.see('p', '2,000 pictures looked at');
    await visitor.see('.problem', '1 picture is not of the kind that this detector knows');
    await visitor.see('p', 'This detector is not calibrated');
    await visitor.see('button', 'Show more of 2,000 pictures');
    const tiles = () => visitor.page.$$eval('.tile', ({ length }) => length);
    expect(await tiles()).toBeLessThanOrEqual(180);
    const first = await tiles();
    await visitor.page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await visitor.page.waitForFunction(`document.querySelectorAll('.tile').length > ${first}`);
    // It stays where the person has scrolled to, and adds no more by itself.
    await visitor.page.evaluate(`new Promise((resolve) => {
      let frames = 0;
      const next = () => (++frames < 30 ? requestAnimationFrame(next) : resolve());
      next();
    })`);
    expect(await tiles()).toBeLessThanOrEqual(first + 120);
    expect(previews).toBeLessThan(many / 4);

    await visitor.page.evaluate('scrollTo(0, 0)');
    const before = requests;
    const drawn = await visitor.page.evaluate(`new Promise((resolve) => {
      let drawn = 0;
      const output = document.querySelector('.controls output');
      new MutationObserver(() => drawn++).observe(output, { characterData: true, childList: true, subtree: true });
      const histogram = document.querySelector('.histogram');
      histogram.setPointerCapture = () => undefined;
      const { left, width, top } = histogram.getBoundingClientRect();
      // The axis of the scores runs from 14 to 96.5 % of the chart's width.
      const placeOf = (score) => left + (0.14 + 0.825 * score) * width;
      const at = (score) => ({ bubbles: true, buttons: 1, clientX: placeOf(score), clientY: top + 9 });
      histogram.dispatchEvent(new PointerEvent('pointerdown', at(0.2)));
      for (let i = 1; i <= 100; i++) histogram.dispatchEvent(new PointerEvent('pointermove', at(0.2 + 0.005 * i)));
      requestAnimationFrame(() => requestAnimationFrame(() => resolve([drawn, output.textContent])));
    })`);
    expect(drawn).toEqual([1, '0.700']);
    expect(await visitor.page.$eval('[data-count="truePositives"]', (cell) => cell.textContent)).toBe('299 found');
    expect(requests - before).toBe(0);

    const tilesAre = (condition: string) =>
      visitor.page.waitForFunction(
        `((words) => ${condition})([...document.querySelectorAll('.tile')].map((tile) => tile.textContent))`,
      );
    await visitor.select('Labelled', 'normal');
    await tilesAre(`words.length > 0 && words.every((one) => one.includes('labelled normal'))`);
    await visitor.select('Called', 'abnormal');
    await visitor.see('p', 'No picture fits this choice.');
    await visitor.select('Labelled', 'all');
    await tilesAre(`words.length > 0 && words.every((one) => one.includes('called abnormal'))`);
    await visitor.fill('Score from', '0.98');
    await tilesAre('words.length === 19');
    const { name, sizeBytes } = await visitor.download('Save as a table');
    expect(name).toBe(`results-${json.id}.csv`);
    expect(sizeBytes).toBeGreaterThan(many * 50);
    expect(await visitor.inspectOnPaper('results')).toEqual([]);
  });

  test('tells ten tabs of a job through one stream, goes on with another tab when one sleeps or is left, and ends the session in all at once', async () => {
    const context = visitor.page.browserContext();
    const screen = visitor.page.url();
    const streams: { lastEventId: unknown; isOpen: boolean; closed: Promise<unknown> }[] = [];
    service.server.server.prependListener('request', ({ url, headers, socket }) => {
      if (url !== '/v1/jobs/events') return;
      const stream = { lastEventId: headers['last-event-id'], isOpen: true, closed: once(socket, 'close') };
      streams.push(stream);
      socket.once('close', () => (stream.isOpen = false));
    });
    // Frames are not drawn in tabs that nobody looks at, and cannot be waited for there.
    const inAll = (pages: readonly (typeof visitor.page)[], condition: string) =>
      Promise.all(pages.map((page) => page.waitForFunction(condition, { polling: 'mutation' })));
    await visitor.page.goto('about:blank');
    const opened = async (page: typeof visitor.page) => {
      await page.goto(`${service.url}/app/jobs`);
      return page;
    };
    // The first one has the stream. Chromium without a screen never draws a tab again that has slept.
    const sleeper = await opened(await context.newPage());
    await opened(visitor.page);
    const others: (typeof visitor.page)[] = [];
    for (let i = 0; i < 8; i++) others.push(await opened(await context.newPage()));
    const { json: models } = await service.get('/v1/models', { key });
    const request = { modelId: models.items[0].id, datasetId: await datasetNamed('brains') };
    const shows = (id: string, state: string) =>
      `document.querySelector('a[href="/app/jobs/${id}"]')?.parentElement.textContent.includes('${state}')`;
    let release = () => {};
    service.worker!.hold = new Promise((resolve) => (release = resolve));
    const { json: job } = await service.post('/v1/scorings', { json: request, key });
    await inAll([sleeper, visitor.page, ...others], shows(job.id, 'working'));
    expect(streams.map(({ lastEventId, isOpen }) => [lastEventId, isOpen])).toEqual([[undefined, true]]);

    // A tab that has fallen asleep keeps its stream and passes nothing on.
    const front = others.shift()!;
    await front.bringToFront();
    const asleep = await sleeper.createCDPSession();
    await asleep.send('Page.setWebLifecycleState', { state: 'frozen' });
    release();
    service.worker!.hold = undefined;
    await front.evaluate(`{ const now = performance.now.bind(performance); performance.now = () => now() + 25_000; }`);
    await inAll([front, visitor.page, ...others], shows(job.id, 'done'));
    expect(streams.map(({ lastEventId }) => lastEventId)).toEqual([undefined, expect.stringMatching(/^\d+$/)]);
    await asleep.send('Page.setWebLifecycleState', { state: 'active' });
    await streams[0]!.closed;
    await sleeper.close();

    await front.close();
    const { json: next } = await service.post('/v1/scorings', { json: request, key });
    await inAll(others, shows(next.id, 'done'));
    expect(streams.filter(({ isOpen }) => isOpen)).toMatchObject([{ lastEventId: expect.stringMatching(/^\d+$/) }]);

    // A tab that cannot agree with the others reads its own stream.
    await visitor.page.bringToFront();
    const { identifier } = await visitor.page.evaluateOnNewDocument(`delete Navigator.prototype.locks`);
    await visitor.page.goto(`${service.url}/app/about`);
    await visitor.see('dd', 'of clinic');
    const { json: later } = await service.post('/v1/scorings', { json: request, key });
    await inAll(others, shows(later.id, 'done'));
    await visitor.press('Jobs');
    await visitor.see('.job-line', 'done');
    expect(streams.filter(({ isOpen }) => isOpen)).toHaveLength(2);

    await visitor.press('About');
    await visitor.press('Sign out');
    await inAll([visitor.page, ...others], `document.querySelector('h1')?.textContent === 'Sign in'`);
    for (const page of others) expect(await page.$('.problem')).toBeNull();
    await signIn(key);
    await inAll([visitor.page, ...others], `['Jobs', 'About'].includes(document.querySelector('h1')?.textContent)`);
    await Promise.all(others.map((page) => page.close()));
    await visitor.page.removeScriptToEvaluateOnNewDocument(identifier);
    await visitor.page.goto(screen);
    await visitor.see('p', '2,000 pictures looked at');
  });

  test('goes on by itself when a dead server comes back', async () => {
    const port = Number(new URL(service.url).port);
    await service.stop();
    await visitor.see('.status-line', 'The server is not heard at the moment.');
    await visitor.press('Save as a table');
    await visitor.see('.problem', 'The server cannot be reached. Is it running?');
    service = await TestService.start({ settings, folder, port });
    await visitor.page.waitForFunction(`document.querySelector('.status-line') === null`);
    await visitor.press('About');
    await visitor.see('dd', 'of clinic');
    expect(await visitor.inspect('about-with-key')).toEqual([]);
  });

  test('asks for a key again when its own is withdrawn, when the session is gone, and after signing out', async () => {
    writeKeys(apiKeysFile, { other: 'clinic' });
    await visitor.see('.problem', 'Your session has ended.');
    expect(await visitor.inspect('session-ended')).toEqual([]);
    await signIn('other');
    await visitor.see('dd', 'of clinic');
    const cookies = await visitor.page.browserContext().cookies();
    await visitor.page.browserContext().deleteCookie(...cookies);
    await visitor.press('Jobs');
    await visitor.see('.problem', 'Your session has ended.');
    await signIn('other');
    await visitor.see('h1', 'Jobs');
    await visitor.press('About');
    await visitor.press('Sign out');
    await visitor.see('h1', 'Sign in');
    expect(await visitor.page.$('.problem')).toBeNull();
    expect(await faults()).toEqual([]);
  });
});

async function datasetNamed(wanted: string): Promise<string> {
  const { json } = await service.get('/v1/datasets?limit=50', { key });
  return json.items.find(({ name }: { name: string }) => name === wanted).id;
}

/** Has a detector say that one of its pictures is of another kind. */
function addOutlier(modelId: string): void {
  const file = path.join(folder, 'store/tenants/clinic/models', modelId, 'model.json');
  const stored = JSON.parse(readFileSync(file, 'utf8'));
  const outliers = [{ imageId: unknownId(), kind: 'other-kind', excluded: false }];
  const { lineage } = stored;
  writeFileSync(file, JSON.stringify({ ...stored, lineage: { ...lineage, outliers } }));
}

/** Puts 2,000 results in the place of those of a scoring, as the store keeps them. */
function multiplyResults(jobId: string): void {
  const results = path.join(folder, 'store/tenants/clinic/jobs', jobId, 'results');
  const files = readdirSync(results).map((name) => path.join(results, name));
  const stored = JSON.parse(readFileSync(files[0]!, 'utf8'));
  for (const file of files) rmSync(file);
  for (let i = 0; i < many; i++) {
    const result = resultOf(i);
    writeFileSync(
      path.join(results, `${result.imageId}.json`),
      JSON.stringify({ ...stored, result, mapKey: undefined }),
    );
  }
}

/** Scores of abnormal images fill 0 to 1 evenly, those of normal ones 0 to 0.5. */
function resultOf(i: number): ScoringResult {
  const isAbnormal = i % 2 === 0;
  const share = (i + 1) / (many + 2);
  return {
    imageId: unknownId(),
    fileName: `${i}.png`,
    split: 'test',
    label: isAbnormal ? 'abnormal' : 'normal',
    outcome: 'scored',
    score: isAbnormal ? share : share / 2,
    map: { width: 4, height: 4, min: 0, max: share },
    regions: [],
    ...(i === many - 1 && { kinship: 0, foreign: 'inverted' as const }),
  };
}
