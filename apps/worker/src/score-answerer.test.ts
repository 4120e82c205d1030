import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EngineError } from '@mediclip/engine';
import { newId } from '@mediclip/store';
import { TestService, type TestWorker } from './testing/test-service.js';

let service: TestService;
let worker: TestWorker;
const side = 224;

beforeEach(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
});

afterEach(() => service.stop());

async function score(modelId: string, brightness: readonly number[], tenant = 'clinic') {
  const images = brightness.map((value) => new Uint8Array(side * side * 3).fill(value));
  const message = { tenant, modelId, side, images };
  return worker.scoreChannel.request(message, { topic: 'lite', deadlineMs: 10_000 });
}

describe('scores that a caller waits for', () => {
  test('come in the order of the images, while an adaptation is running', async () => {
    const modelId = await service.model(worker);
    worker.engine.holdBeforeStep = 0;
    await service.adapt(worker.jobQueue, await service.dataset({ train: 3 }));
    const reply = await score(modelId, [0, 51, 255]);
    const scores = [0, expect.closeTo(0.2, 6), 1].map((score) => ({ score, mapSide: 16 }));
    expect(reply).toMatchObject({ outcome: 'scored', scores });
    expect(worker.engine.scoredBy).toEqual(['clinic', 'clinic', 'clinic']);
  });

  test('are refused for a model that the tenant does not have', async () => {
    const modelId = await service.model(worker);
    expect(await score(newId(), [1])).toMatchObject({ outcome: 'refused', slug: 'not-found' });
    expect(await score(modelId, [1], 'other')).toMatchObject({ outcome: 'refused', slug: 'not-found' });
  });

  test.each([
    ['overloaded', 'overloaded', 1],
    ['crashed', 'engine-crashed', 1],
    ['stopped', 'draining', 1],
  ] as const)('are refused with the problem of an engine that is %s', async (code, slug, retryAfterSeconds) => {
    const modelId = await service.model(worker);
    worker.engine.failure = new EngineError(code, 'No.');
    expect(await score(modelId, [1])).toEqual({ outcome: 'refused', slug, detail: 'No.', retryAfterSeconds });
  });
});
