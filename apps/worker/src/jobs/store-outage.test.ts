import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { isFinal, type Job } from '@mediclip/contracts';
import { maxAttempts } from '@mediclip/queue';
import { s3Credentials, startFailingProxy, startS3Server, whyNoS3Server } from '@mediclip/testing';
import { TestService } from '../testing/test-service.js';

const minuteMs = 60_000;
const everythingButTimers = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
] as const;
const noS3 = whyNoS3Server();
if (noS3) console.warn(`NOT RUN: an S3 store that answers 500 for a minute, because ${noS3}.`);

(noS3 ? describe.skip : describe)('an S3 store that answers 500 for a minute', () => {
  let server: Awaited<ReturnType<typeof startS3Server>>;
  let proxy: Awaited<ReturnType<typeof startFailingProxy>>;
  let service: TestService;

  beforeAll(async () => {
    Object.assign(process.env, s3Credentials, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
    server = await startS3Server('mediclip');
    proxy = await startFailingProxy(server.endpoint);
    service = await TestService.start(`s3://mediclip?endpoint=${proxy.endpoint}`);
  });
  afterEach(() => {
    jest.useRealTimers();
    proxy.state.failing = false;
  });
  afterAll(async () => {
    await service?.stop();
    proxy?.close();
    await server?.stop();
  });

  /**
   * Lets `ms` go by for the timers of the worker and of the S3 driver, while what they do with the network takes its
   * real time.
   */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      await jest.advanceTimersByTimeAsync(10);
      await turn();
    }
  }

  test('costs a job no attempt, and ends it as if nothing had happened', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 12 });
    worker.engine.holdAfterImages = 8;
    const jobId = await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } });
    await service.when(jobId, ({ progress }) => progress?.done === 8);

    jest.useFakeTimers({ doNotFake: [...everythingButTimers] });
    proxy.state.failing = true;
    worker.engine.release();
    await pass(minuteMs);
    proxy.state.failing = false;
    let job: Job;
    do {
      await pass(100);
      ({ job } = await service.tenant.jobs.get(jobId));
    } while (!isFinal(job.state));
    jest.useRealTimers();

    expect(job).toMatchObject({ state: 'succeeded', result: { scored: 12, rejected: 0 } });
    const putOff = worker.warnings.filter((warning) => warning === 'job put off until the store is back');
    expect(putOff.length).toBeGreaterThan(maxAttempts);
    expect(worker.queueErrors).toEqual([]);
  });
});
