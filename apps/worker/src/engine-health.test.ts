import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { jobKindSchema } from '@mediclip/contracts';
import { EngineError } from '@mediclip/engine';
import { openEmbeddedJobQueue } from '@mediclip/queue';
import { webhookKind } from '@mediclip/webhooks';
import { FakeEngine } from './testing/fake-engine.js';
import { TestService } from './testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

const side = 224;

function scoreMessage(modelId: string) {
  return { tenant: 'clinic', modelId, side, images: [new Uint8Array(side * side * 3)] };
}

describe('a worker whose engine', () => {
  test.each(['restarting', 'failing'] as const)('is %s takes no job and no score until it is ready', async (status) => {
    const { engine, jobQueue, scoreChannel } = await service.startWorker();
    const modelId = await service.model({ jobQueue });
    engine.become(status);
    const jobId = await service.adapt(jobQueue, await service.dataset({ train: 3 }));
    const reply = scoreChannel.request(scoreMessage(modelId), { topic: 'lite', deadlineMs: 60_000 });
    await nextTurn();
    expect(await jobQueue.depth()).toMatchObject({ adaptation: 1 });
    expect([engine.adaptations.length, engine.scoredBy.length]).toEqual([1, 0]);
    engine.become('ready');
    expect((await service.ended(jobId)).state).toBe('succeeded');
    expect((await reply).outcome).toBe('scored');
  });

  test('does not start gives its job back without counting an attempt, and goes on from the checkpoint', async () => {
    const { engine, jobQueue, queueErrors } = await service.startWorker();
    engine.holdBeforeStep = 7;
    const jobId = await service.adapt(jobQueue, await service.dataset({ train: 3 }));
    await service.when(jobId, ({ progress }) => progress?.done === 7);
    engine.become('failing');
    await service.when(jobId, ({ state }) => state === 'queued');
    engine.release();
    engine.become('ready');
    expect((await service.ended(jobId)).state).toBe('succeeded');
    expect(engine.adaptations.map(({ from }) => from)).toEqual([0, 7]);
    expect(queueErrors).toEqual([]);
  });

  test('does not start refuses the scores that it has taken, so that they are asked for elsewhere', async () => {
    const { engine, jobQueue, scoreChannel } = await service.startWorker();
    const modelId = await service.model({ jobQueue });
    engine.holdAfterImages = 0;
    const reply = scoreChannel.request(scoreMessage(modelId), { topic: 'lite', deadlineMs: 60_000 });
    await service.holding(engine);
    engine.become('failing');
    expect(await reply).toMatchObject({ outcome: 'refused', slug: 'not-ready' });
  });

  test('does not start is not healthy; one that is replaced as usual is', async () => {
    const { worker, engine } = await service.startWorker();
    expect(worker.health()).toEqual([{ name: 'engine', ok: true }]);
    engine.become('restarting');
    expect(worker.health()).toEqual([{ name: 'engine', ok: true }]);
    engine.become('failing');
    expect(worker.health()).toEqual([{ name: 'engine', ok: false, detail: 'The engine is failing.' }]);
  });

  test('is given up says so', async () => {
    const { worker, engine } = await service.startWorker();
    const reason = new EngineError('start-failed', 'The engine process did not become ready.');
    engine.emit('gaveUp', reason);
    expect(await worker.engineGaveUp).toBe(reason);
  });
});

test('a worker that cannot start answers no scores', async () => {
  await service.dataset();
  const jobQueue = openEmbeddedJobQueue({ kinds: [...jobKindSchema.options, webhookKind], onError: () => {} });
  const recover = async () => Promise.reject(new Error('The queue is away.'));
  const { opened, closed } = await service.startInVain(new FakeEngine(), Object.assign(jobQueue, { recover }));
  expect([opened, closed]).toEqual([1, 1]);
});
