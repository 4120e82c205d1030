import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileAt, MediclipClient } from '@mediclip/client';
import type {
  Dataset,
  Evaluation,
  Job,
  Model,
  ModelSummary,
  OperatingPoints,
  Page,
  ScoringResult,
} from '@mediclip/contracts';
import { findChromium, openBrowser, temporaryFolder, Visitor } from '@mediclip/testing';
import { type EmbeddedServer, startEmbeddedServer } from '../demo/embedded-server.js';
import { exampleImages } from '../testing/example-set.js';

const executablePath = await findChromium();
const minutes = 60_000;

let server: EmbeddedServer;
let browser: Awaited<ReturnType<typeof openBrowser>>;
let visitor: Visitor;

const api = async <T>(target: string): Promise<T> => (await (await fetch(server.baseUrl + target)).json()) as T;
const first = async <T>(target: string): Promise<T> => (await api<Page<T>>(target)).items[0]!;

(executablePath === null ? describe.skip : describe)('the page in a browser', () => {
  beforeAll(async () => {
    server = await startEmbeddedServer(path.join(temporaryFolder(), 'data'));
    browser = await openBrowser(executablePath!);
    visitor = await Visitor.arrive(browser, server.baseUrl);
  }, 3 * minutes);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test(
    'takes pictures by what they are, and says why one is refused',
    async () => {
      await visitor.see('h1', 'Find what does not look normal');
      expect(await visitor.inspect('start')).toEqual([]);
      await visitor.press('Start with an empty data set');
      await visitor.see('h1', 'My pictures');
      expect(await visitor.inspect('dataset-empty')).toEqual([]);
      await visitor.choose('Normal, to learn from', exampleImages('train/normal', 3));
      await visitor.choose('Normal, to test with', exampleImages('test/normal', 3));
      await visitor.choose('Abnormal, to test with', [...exampleImages('test/abnormal', 3), import.meta.filename]);
      await visitor.choose('Masks of the abnormal ones', exampleImages('masks', 3));
      await visitor.see('p', '3 of 3 masks matched');
      await visitor.press('Send 10 pictures');
      await visitor.see('section', '9 stored, 0 skipped, 1 refused');
      await visitor.press('Why 1 file was refused');
      await visitor.see('details li', 'page.test.ts');
      await visitor.see('h2', 'Abnormal pictures to test with (3)');
      expect((await first<Dataset>('/v1/datasets')).counts).toEqual({
        total: 9,
        train: { normal: 3, abnormal: 0 },
        test: { normal: 3, abnormal: 3 },
      });
      expect(await visitor.inspect('dataset')).toEqual([]);
    },
    3 * minutes,
  );

  test(
    'says what is wrong with the pictures before anything is made of them',
    async () => {
      await visitor.press('Look for copies and shortcuts');
      await visitor.see('h1', 'Audit');
      await visitor.see('p', '9 pictures looked at', 2 * minutes);
      expect(await visitor.inspect('audit')).toEqual([]);
      await visitor.press('See the data set');
      await visitor.see('h1', 'My pictures');
      await visitor.see('a', 'What was looked for');
    },
    3 * minutes,
  );

  test(
    'makes a detector through a reload of the page',
    async () => {
      await visitor.press('More');
      await visitor.fill('Rounds of learning', '1');
      await visitor.press('Make a detector');
      await visitor.see('h1', 'Making a detector');
      await visitor.page.reload();
      await visitor.see('h1', 'Making a detector');
      expect(await visitor.inspect('job')).toEqual([]);
      await visitor.see('a', 'See the detector', 3 * minutes);
      await visitor.press('See the detector');
      await visitor.see('h2', 'Made from');
      const { configuration } = await api<Model>(`/v1/models/${(await first<Model>('/v1/models')).id}`);
      expect(configuration).toMatchObject({ shots: 3, seed: 0, training: { epochs: 1 } });
    },
    5 * minutes,
  );

  test(
    'shows what the detector finds, with counts that are those of the API',
    async () => {
      await visitor.press('Look at these pictures');
      await visitor.see('h2', 'Pictures, most unusual first', 2 * minutes);
      const { id } = await first<Job>('/v1/jobs?kind=scoring');
      const { items } = await api<Page<ScoringResult>>(`/v1/jobs/${id}/results?sort=-score`);
      const names = await visitor.page.$$eval('.tile .name', (tiles) => tiles.map((tile) => tile.textContent));
      expect(names).toEqual(items.map(({ fileName }) => fileName));

      await visitor.page.waitForFunction(
        `fetch('/v1/evaluations').then((answer) => answer.json()).then(({ items }) => items.length > 0)`,
        { polling: 500, timeout: 2 * minutes },
      );
      const evaluation = await first<Evaluation>('/v1/evaluations');
      const { points } = await api<OperatingPoints>(`/v1/evaluations/${evaluation.id}/operating-points`);
      const kinds = ['truePositives', 'falsePositives', 'falseNegatives', 'trueNegatives'] as const;
      for (const point of points.filter(({ threshold }) => threshold >= 0 && threshold <= 1)) {
        await visitor.fill('or typed', String(point.threshold));
        for (const kind of kinds) {
          const shown = await visitor.page.$eval(`[data-count="${kind}"]`, (cell) => cell.textContent);
          expect([kind, Number.parseInt(shown ?? '', 10)]).toEqual([kind, point[kind]]);
        }
        const { value, low, high } = point.sensitivity!;
        const percent = [value, low, high].map((share) => (100 * share).toFixed(0));
        await visitor.see('[data-share="sensitivity"]', `${percent[0]} % (${percent[1]} to ${percent[2]} %)`);
      }
      await visitor.fill('or typed', '0.5');
      await visitor.press('Keep this threshold');
      await visitor.see('p', 'Kept: 0.500');
      expect((await api<Model>(`/v1/models/${evaluation.modelId}`)).manualThreshold?.threshold).toBe(0.5);
      expect(await visitor.inspect('results')).toEqual([]);
    },
    5 * minutes,
  );

  test(
    'takes a verdict by key, shows overlay and neighbours, and goes back',
    async () => {
      const { id } = await first<Job>('/v1/jobs?kind=scoring');
      await visitor.page.focus('.tile');
      await visitor.page.keyboard.press('ArrowRight');
      expect(
        await visitor.page.evaluate(`[...document.querySelectorAll('.tile')].indexOf(document.activeElement)`),
      ).toBe(1);
      await visitor.page.keyboard.press('ArrowLeft');
      await visitor.page.keyboard.press('Enter');
      await visitor.page.waitForSelector('dialog canvas');
      expect(await visitor.inspect('picture')).toEqual([]);
      await visitor.page.keyboard.press('o');
      await visitor.page.waitForFunction(`document.querySelector('dialog canvas') === null`);
      await visitor.page.keyboard.press('n');
      await visitor.see('dialog legend', 'Said: normal.');
      await visitor.page.keyboard.press('ArrowRight');
      await visitor.see('dialog legend', /What do you say\? $/);
      await visitor.page.keyboard.press('Escape');
      await visitor.page.waitForFunction(`document.querySelector('dialog') === null`);
      const { items } = await api<Page<ScoringResult>>(`/v1/jobs/${id}/results?sort=-score`);
      expect(items.map(({ verdict }) => verdict?.verdict)).toEqual(['normal', ...Array(5).fill(undefined)]);
    },
    2 * minutes,
  );

  test(
    'teaches a new detector what was called normal, and shows which came from which',
    async () => {
      await visitor.see('p', 'You have called 1 picture normal.');
      expect(await visitor.inspect('results-teach')).toEqual([]);
      await visitor.press('Add 1 picture and refit');
      await visitor.see('p', '1 normal picture added', 3 * minutes);
      expect(await visitor.inspect('job-refit')).toEqual([]);
      await visitor.press('See the new detector');
      await visitor.see('p', '1 normal picture added to');
      const [child, parent] = (await api<Page<ModelSummary>>('/v1/models')).items;
      expect(child!.parentModelId).toBe(parent!.id);
      expect(await visitor.inspect('model-refit')).toEqual([]);
    },
    5 * minutes,
  );

  test(
    'shows the detector with its figures, whether its pictures have changed, the jobs and the server',
    async () => {
      const { id } = (await api<Page<ModelSummary>>('/v1/models')).items.at(-1)!;
      const client = new MediclipClient({ baseUrl: server.baseUrl });
      const { id: datasetId } = await first<Dataset>('/v1/datasets');
      await client.waitForResult(await client.calibrateModel(id, { datasetId, alpha: 0.5 }));
      await client.scoreImages(id, exampleImages('test/normal', 6).map(fileAt));
      await visitor.page.goto(`${server.baseUrl}/app/models/${id}`);
      await visitor.see('h2', 'How good it is');
      await visitor.see('section', 'No change is seen.');
      await visitor.see('p', 'p-values of the latest 6 pictures');
      await visitor.see('p', 'Made from this one:');
      await visitor.see('dd', '1 judged before it was calibrated');
      const { name, sizeBytes } = await visitor.download('Take it home');
      expect(name).toBe(`model-${id}.zip`);
      expect(sizeBytes).toBeGreaterThan(100_000);
      await visitor.page.goto(`${server.baseUrl}/app/results/${(await first<Job>('/v1/jobs?kind=scoring')).id}`);
      await visitor.see('p', 'comes with a promise: at most 50 % of normal pictures raise an alarm.');
      await visitor.fill('or typed', '0.6');
      await visitor.press('Keep this threshold');
      await visitor.see('p', 'Kept: 0.600, set by hand, without a promise.');
      await visitor.press('Use the calibrated one');
      await visitor.page.waitForFunction(`!document.body.textContent.includes('Kept: 0.600')`);
      expect((await api<Model>(`/v1/models/${id}`)).manualThreshold).toBeUndefined();
      await visitor.page.goto(`${server.baseUrl}/app/models/${id}`);
      await visitor.fill('New name', 'production');
      await visitor.press('Give it this name');
      await visitor.see('li', '@productionstands for this detector');
      expect(await visitor.inspect('model')).toEqual([]);
      await visitor.page.goto(`${server.baseUrl}/app/models/${(await first<ModelSummary>('/v1/models')).id}`);
      await visitor.press('Move it here');
      await visitor.see('li', '@productionstands for this detector');
      await visitor.press('Jobs');
      await visitor.see('a', 'Measuring the detector');
      expect(await visitor.inspect('jobs')).toEqual([]);
      await visitor.press('About');
      await visitor.see('dt', 'store');
      expect(await visitor.inspect('about')).toEqual([]);
    },
    2 * minutes,
  );

  test('never logs an error, asks another origin, or breaks its content security policy', async () => {
    expect(await visitor.allFaults()).toEqual([]);
  });
});
