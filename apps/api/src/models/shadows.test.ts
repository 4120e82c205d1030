import type { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, formOf, TestService } from '../testing/test-service.js';

let service: TestService;
let models: string[];
beforeAll(async () => {
  service = await TestService.start();
  models = [(await service.model()).modelId, (await service.model()).modelId];
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const put = (json: unknown) => service.send('PUT', '/v1/aliases/production', { json });
const shadow = async () => (await service.get('/v1/aliases/production/shadow')).json;
const score = () =>
  service.post('/v1/models/@production/score', { form: formOf([['file', bitmap(16, 12, 1), 'a.bmp']]) });

describe('the shadow of an alias', () => {
  test('scores what the alias has answered, and is compared with its model', async () => {
    await put({ modelId: models[0] });
    expect(await service.get('/v1/aliases/production/shadow')).toMatchObject({ problem: 'alias-without-shadow' });
    await put({ modelId: models[0], shadow: { modelId: models[1], share: 1 } });
    for (const id of models) await service.send('PUT', `/v1/models/${id}/threshold`, { json: { threshold: 0.5 } });
    expect((await score()).json.modelId).toBe(models[0]);
    const { results } = (await score()).json;
    const report = await shadow();
    expect(report).toMatchObject({ modelId: models[0], shadow: { modelId: models[1] }, failed: 0 });
    expect(report.images + report.dropped).toBe(2);
    expect(report.agreement).toMatchObject({ images: report.images, share: 1 });
    const bin = Math.min(19, Math.floor(results[0].score * 20));
    expect([report.scores.model[bin], report.scores.shadow[bin]]).toEqual([report.images, report.images]);
    await put({ modelId: models[0], shadow: { modelId: models[1], share: 0 } });
    await score();
    expect((await shadow()).images).toBe(report.images);
  });

  test('keeps no answer waiting: what comes while it scores is dropped and counted', async () => {
    await put({ modelId: models[1], shadow: { modelId: models[0], share: 1 } });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked: string[] = [];
    const map = new Float32Array(256).fill(0.25);
    service.worker!.scoreReply = async (modelId) => {
      asked.push(modelId);
      if (modelId === models[0]) await held;
      return { outcome: 'scored', scores: [{ score: 0.25, map, mapSide: 16 }] };
    };
    for (let i = 0; i < 4; i++) expect((await score()).status).toBe(200);
    expect(asked.filter((modelId) => modelId === models[1])).toHaveLength(4);
    release();
    expect(await shadow()).toMatchObject({ images: 1, dropped: 3, failed: 0 });
    service.worker!.scoreReply = undefined;
  });

  test('is asked once the answer has been sent, not while it is made', async () => {
    await put({ modelId: models[1], shadow: { modelId: models[0], share: 1 } });
    const happened: string[] = [];
    const answered = (request: { readonly url?: string }, response: EventEmitter) =>
      response.once('finish', () => happened.push(`answered ${request.url}`));
    const shadowAsked = new Promise<void>((resolve) => {
      service.worker!.scoreReply = async (modelId) => {
        happened.push(modelId);
        if (modelId === models[0]) resolve();
        return { outcome: 'scored', scores: [{ score: 0.25, map: new Float32Array(256), mapSide: 16 }] };
      };
    });
    service.server.server.once('request', answered);
    // Drawing the picture takes long enough for a shadow that would not wait.
    const answer = await service.post('/v1/models/@production/score', {
      form: formOf([['file', bitmap(640, 480, 1), 'a.bmp']]),
      headers: { accept: 'image/png' },
    });
    expect(answer.status).toBe(200);
    await shadowAsked;
    expect(happened).toEqual([models[1], 'answered /v1/models/@production/score', models[0]]);
    service.worker!.scoreReply = undefined;
  });

  test('goes with its alias, and ends with the server', async () => {
    const key = async () => (await service.keys()).filter((name) => name.includes('/shadows/'));
    expect(await key()).toHaveLength(1);
    await service.delete('/v1/aliases/production');
    expect(await key()).toEqual([]);
    const closing = await TestService.start();
    const { modelId } = await closing.model();
    await closing.send('PUT', '/v1/aliases/a', { json: { modelId, shadow: { modelId, share: 1 } } });
    const map = new Float32Array(256);
    let requests = 0;
    let release = () => {};
    closing.worker!.scoreReply = async () => {
      if (++requests === 2) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return { outcome: 'scored', scores: [{ score: 0, map, mapSide: 16 }] };
    };
    await closing.post('/v1/models/@a/score', { form: formOf([['file', bitmap(16, 12, 1), 'a.bmp']]) });
    await closing.server.close();
    expect((await closing.tenant.shadows.get('a'))?.failed).toBe(1);
    release();
    await closing.stop();
  });
});
