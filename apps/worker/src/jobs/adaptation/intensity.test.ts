import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AdaptationOptionsInput, Image, JobOf, Model } from '@mediclip/contracts';
import { TestService, type TestWorker } from '../../testing/test-service.js';

let service: TestService;
let worker: TestWorker;
beforeAll(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
});
afterAll(() => service.stop());

const hounsfield = { bits: 12, slope: 1, intercept: -1024, unit: 'HU', padding: { low: 0, high: 0 } } as const;
const others = { bits: 12, slope: 1, intercept: 0 } as const;

/** Tissue of about 40 in air of about -1000, in a field of view outside of which there is padding. */
const body = (seed: number) => (x: number, y: number) => {
  if (Math.hypot(x - 32, y - 32) > 31) return -1024;
  const isInside = Math.hypot(x - 22 - 10 * (seed % 3), (y - 32) * (1 + (seed % 2))) < 20;
  return isInside ? 40 + ((3 * x + 5 * y) % 17) : -1000;
};

const lung = { kind: 'preset', name: 'lung' } as const;

async function datasetOf(pixels: NonNullable<Image['pixels']>, shift = 0): Promise<string> {
  const datasetId = await service.dataset();
  for (let seed = 0; seed < 3; seed++) {
    await service.addDeepImage(datasetId, (x, y) => body(seed)(x, y) + shift, pixels);
  }
  return datasetId;
}

async function adapted(datasetId: string, options: AdaptationOptionsInput = {}): Promise<Model> {
  const job = (await service.ended(await service.adapt(worker.jobQueue, datasetId, options))) as JobOf<'adaptation'>;
  expect(job.error).toBeUndefined();
  return service.tenant.models.get(job.result!.modelId);
}

const paperless = { scoring: { memoryWeight: 0, memoryImageWeight: 0 } } as const;

test('CT gets one window by the shots; stored images are scored through it, whatever slope they are stored with', async () => {
  const datasetId = await datasetOf(hounsfield);
  const model = await adapted(datasetId);
  expect(model.intensity).toEqual({ kind: 'window', centre: 48, width: 16, unit: 'HU' });
  expect(worker.engine.adaptations.at(-1)!.job.intensity).toEqual(model.intensity);
  const shot = worker.engine.adaptations.at(-1)!.job.images[0]!;
  const middle = shot.data[Math.floor(shot.height / 2) * shot.width + Math.floor(shot.width / 2)]!;
  expect([shot.data[0], middle > 0]).toEqual([0, true]);

  const scored = await service.dataset();
  const stored = [hounsfield, { ...hounsfield, slope: 0.5, intercept: -1100, padding: { low: 152, high: 152 } }];
  for (const pixels of stored) await service.addDeepImage(scored, body(1), pixels, { split: 'test' });
  const request = { modelId: model.id, datasetId: scored };
  const job = await service.ended(await service.submit(worker.jobQueue, { kind: 'scoring', request }));
  const { items } = await service.tenant.results.list(job.id, { limit: 10 });
  const [first, second] = items.map((result) => (result.outcome === 'scored' ? result.score : undefined));
  expect(first).toBeGreaterThan(0);
  expect(second).toBe(first);
});

test.each<[string, NonNullable<Image['pixels']>, AdaptationOptionsInput, Model['intensity']]>([
  [
    'files with windows keep them',
    { ...others, window: { centre: 1140, width: 90, function: 'LINEAR' } },
    {},
    { kind: 'file' },
  ],
  ['files without get percentiles', others, {}, { kind: 'percentiles', low: 0.5, high: 99.5 }],
  [
    'a window that is named is taken',
    hounsfield,
    { intensity: lung },
    { kind: 'window', centre: -600, width: 1500, unit: 'HU' },
  ],
])('%s', async (_, pixels, options, intensity) => {
  const model = await adapted(await datasetOf(pixels, pixels.intercept === 0 ? 1100 : 0), { ...paperless, ...options });
  expect(model.intensity).toEqual(intensity);
  expect(model.configuration.intensity).toEqual(options.intensity);
});

test('images of 8 bits leave a model without an intensity', async () => {
  const model = await adapted(await service.dataset({ train: 3 }));
  expect(model).not.toHaveProperty('intensity');
  expect(worker.engine.adaptations.at(-1)!.job.intensity).toBeUndefined();
});
