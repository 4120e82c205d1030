import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@mediclip/testing';
import { FakeEngine } from './testing/fake-engine.js';
import { TestService } from './testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

describe('a worker', () => {
  test('is ready while the store, the queue and the engine are there, and not once it drains', async () => {
    const { worker, engine } = await service.startWorker();
    expect(await worker.ready()).toEqual(['worker', 'store', 'queue', 'engine'].map((name) => ({ name, ok: true })));
    const stopped = worker.stop(60_000);
    expect(worker.state).toBe('draining');
    expect(await worker.ready()).toContainEqual({ name: 'worker', ok: false, detail: 'The worker is draining.' });
    await stopped;
    expect(worker.state).toBe('stopped');
    expect(engine.state.status).toBe('stopped');
  });

  test('says once in its log, and in its readiness and metrics, that CUDA was passed over', async () => {
    const engine = new FakeEngine();
    engine.passedOver = 'There is /dev/nvidia0, but CUDA did not load: the library libcublas.so.13 is missing.';
    const { worker, warnings, registry } = await service.startWorkerOn(engine);
    expect(warnings).toEqual([engine.passedOver]);
    expect(await worker.ready()).toContainEqual({ name: 'engine', ok: true, detail: engine.passedOver });
    expect(await registry.metrics()).toContain('mediclip_engine_cuda_passed_over 1');
    const { registry: other } = await service.startWorker();
    expect(await other.metrics()).toContain('mediclip_engine_cuda_passed_over 0');
  });

  test('takes up the jobs that the queue does not know of', async () => {
    const { job } = await service.tenant.jobs.create({
      kind: 'evaluation',
      request: {
        modelId: await service.model(await service.startWorker()),
        datasetId: await service.dataset({ normal: 2 }),
      },
    });
    await service.startWorker();
    expect((await service.ended(job.id)).state).toBe('succeeded');
  });

  test('fails a job that runs longer than it may, with nothing left of it, and takes the next', async () => {
    const engine = new FakeEngine();
    engine.holdBeforeStep = 1;
    const { worker, jobQueue } = await service.startWorkerOn(engine, { jobTimeoutMs: 200 });
    const datasetId = await service.dataset({ train: 3 });
    const ids = [await service.adapt(jobQueue, datasetId), await service.adapt(jobQueue, datasetId)];
    for (const id of ids) {
      const { state, attempt, error } = await service.ended(id);
      expect({ state, attempt, error }).toMatchObject({ state: 'failed', attempt: 1, error: { limit: 0.2 } });
      expect(error?.type).toMatch(/job-time-limit$/);
    }
    await worker.stop(60_000);
    expect((await service.tenant.models.list({ limit: 9 })).items).toEqual([]);
    expect(await service.tenant.jobs.unfinishedCount()).toBe(0);
  });

  test.each([true, false])('tells webhooks of the jobs that it ends; on this machine: %s', async (isAllowed) => {
    const bodies: string[] = [];
    const receiver = createServer(async (request, response) => {
      bodies.push((await request.setEncoding('utf8').toArray()).join(''));
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    service.settings = { ...service.settings, privateWebhooks: isAllowed };
    const { webhooks } = service.tenant;
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const { id } = await webhooks.create({ url, events: ['job.succeeded'] });
    const { jobQueue } = await service.startWorker();
    const jobId = await service.adapt(jobQueue, await service.dataset({ train: 3 }));
    const tried = await until(async () => {
      const [delivery] = (await webhooks.deliveries(id, { limit: 1 })).items;
      return delivery?.attempts.length ? delivery : undefined;
    });
    expect(tried.data).toEqual({ jobId, kind: 'adaptation' });
    expect(tried.state).toBe(isAllowed ? 'delivered' : 'pending');
    expect(bodies.map((body) => JSON.parse(body).data)).toEqual(isAllowed ? [tried.data] : []);
    if (!isAllowed) expect(tried.attempts[0]!.error).toContain('is not one of the public network');
    receiver.close();
  });

  test('measures jobs, batches and restarts under the names that dashboards know', async () => {
    const { worker, engine, registry, jobQueue } = await service.startWorker();
    const modelId = await service.model({ jobQueue });
    const datasetId = await service.dataset({ normal: 3 });
    await service.ended(await service.submit(jobQueue, { kind: 'scoring', request: { modelId, datasetId } }));
    engine.emit('restart', { reason: 'crash', description: 'killed' });
    engine.emit('rejected', { reason: 'overloaded' });
    await worker.stop(60_000);
    const text = await registry.metrics();
    for (const line of [
      'mediclip_job_duration_seconds_count{kind="adaptation",outcome="succeeded"} 1',
      'mediclip_job_duration_seconds_count{kind="scoring",outcome="succeeded"} 1',
      'mediclip_batch_size_sum 3',
      'mediclip_score_stage_seconds_count{stage="batch"} 3',
      'mediclip_score_stage_seconds_count{stage="pass"} 1',
      'mediclip_engine_restarts_total 1',
      'mediclip_rejected_total{reason="engine-overloaded"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });
});
