import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPython } from '@mediclip/testing';
import { bitmap } from '../testing/bitmaps.js';
import { calibrationOf } from '../testing/fake-worker.js';
import { closeSharedPool, TestService } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
beforeAll(async () => {
  const uploads = { jsonBytes: 20_000, formBytes: 100_000, files: 10 };
  service = await TestService.start({
    settings: { uploads, scores: { images: 3, timeoutMs: 30_000, memoryBytes: 700 } },
  });
  ({ modelId } = await service.model());
  await service.send('PUT', '/v1/aliases/production', { json: { modelId } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const white = Buffer.from(bitmap(16, 12, 0)).fill(255, 54);
const tensor = (fields: object) => ({ name: 'image', datatype: 'BYTES', shape: [1], ...fields });
const inBase64 = (...files: Uint8Array[]) => files.map((file) => Buffer.from(file).toString('base64'));
const infer = (json: object) => service.post(`/v2/models/${modelId}/infer`, { json });

/** A request with its images in binary; `stated` are the numbers that may be wrong. */
function inferInBinary(
  files: readonly Uint8Array[],
  { sizeBytes, jsonBytes, length }: { sizeBytes?: number; jsonBytes?: number; length?: number } = {},
  more: object = {},
) {
  const elements = files.flatMap((file) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(length ?? file.length);
    return [head, file];
  });
  const behind = Buffer.concat(elements);
  const input = tensor({ shape: [files.length], parameters: { binary_data_size: sizeBytes ?? behind.length } });
  const json = Buffer.from(JSON.stringify({ inputs: [input], ...more }));
  return service.post(`/v2/models/${modelId}/infer`, {
    body: Buffer.concat([json, behind]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': `${jsonBytes ?? json.length}`,
    },
  });
}

describe('the Open Inference Protocol', () => {
  test('answers in JSON what scoring answers, for an id and for an alias', async () => {
    const json = { id: 'mine', inputs: [tensor({ shape: [2, 1], data: inBase64(white, bitmap(16, 12, 1)) })] };
    const answer = await infer(json);
    expect(answer.json).toMatchObject({ model_name: modelId, id: 'mine' });
    const [score, map] = answer.json.outputs;
    expect(score).toMatchObject({ name: 'score', datatype: 'FP64', shape: [2] });
    expect(score.data[0]).toBe(0.75);
    expect(map).toMatchObject({ name: 'map', datatype: 'FP32', shape: [2, 4, 4] });
    expect(map.data).toHaveLength(32);
    const shadow = { modelId, share: 1 };
    await service.send('PUT', '/v1/aliases/production', { json: { modelId, shadow } });
    const byAlias = await service.post('/v2/models/@production/infer', { json });
    expect(byAlias.json).toEqual(answer.json);
    expect(byAlias.headers.get('mediclip-model-id')).toBe(modelId);
    expect((await service.get('/v1/aliases/production/shadow')).json).toMatchObject({ images: 2, dropped: 0 });
    expect(service.temporaryFiles).toEqual([]);
  });

  test('takes and gives tensors in binary', async () => {
    const answer = await inferInBinary([white, white], {}, { parameters: { binary_data_output: true } });
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    const jsonBytes = Number(answer.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(answer.bytes.subarray(0, jsonBytes).toString());
    expect(outputs.map(({ parameters }: { parameters: object }) => parameters)).toEqual([
      { binary_data_size: 16 },
      { binary_data_size: 128 },
    ]);
    expect(answer.bytes.readDoubleLE(jsonBytes + 8)).toBe(0.75);
    expect(answer.bytes.length).toBe(jsonBytes + 16 + 128);
  });

  test('has the p-value of a calibrated model among its outputs', async () => {
    const { modelId: calibrated, dataset } = await service.model();
    const { jobs, attempts, models } = service.tenant;
    const asked = { modelId: calibrated, datasetId: dataset.id, alpha: 0.1 };
    const { job } = await jobs.create({ kind: 'calibration', request: asked });
    const { attempt } = await attempts.start(job.id);
    await models.calibrate(attempt, calibrated, calibrationOf(job.id, dataset.id, 0.8, [0.2, 0.4, 0.8]));
    await attempts.end(attempt, { state: 'succeeded', result: { modelId: calibrated, threshold: 0.8, images: 3 } });
    const model = (await service.get(`/v2/models/${calibrated}`)).json;
    expect(model.outputs.map(({ name }: { name: string }) => name)).toEqual(['score', 'p_value', 'map']);
    const request = { inputs: [tensor({ data: inBase64(white) })], outputs: [{ name: 'p_value' }] };
    const answer = await service.post(`/v2/models/${calibrated}/infer`, { json: request });
    expect(answer.json.outputs).toHaveLength(1);
    expect(answer.json.outputs[0].data).toEqual([0.5]);
  });

  test('has errors of its own shape, each with the page that says what to do', async () => {
    const answer = await service.get('/v2/models/@nobody');
    expect(answer).toMatchObject({ status: 404, problem: 'not-found' });
    expect(Object.keys(answer.json)).toEqual(['error']);
    expect((await service.get('/v2/nothing')).json.error).toContain('/problems/route-not-found');
  });

  test.each<[string, object, string]>([
    ['another input', { inputs: [{ ...tensor({ data: inBase64(white) }), name: 'text' }] }, 'validation-failed'],
    ['fewer images than its shape', { inputs: [tensor({ shape: [2], data: inBase64(white) })] }, 'validation-failed'],
    ['more images than a request may have', { inputs: [tensor({ shape: [4] })] }, 'validation-failed'],
    ['no images', { inputs: [tensor({})] }, 'validation-failed'],
    ['text that is not base64', { inputs: [tensor({ data: ['%'] })] }, 'validation-failed'],
    ['what is no image', { inputs: [tensor({ data: inBase64(Buffer.from('x')) })] }, 'image-unsupported-format'],
    [
      'a p-value of a model without',
      { inputs: [tensor({ data: inBase64(white) })], outputs: [{ name: 'p_value' }] },
      'model-not-calibrated',
    ],
    ['more JSON than a request may have', { id: 'x'.repeat(30_000) }, 'payload-too-large'],
  ])('refuses a request with %s', async (_, json, problem) => {
    expect((await infer(json)).problem).toBe(problem);
    expect(service.temporaryFiles).toEqual([]);
  });

  test.each<[string, Parameters<typeof inferInBinary>[1], string]>([
    ['an image longer than the tensor', { length: 100_000 }, 'malformed-tensors'],
    ['a tensor longer than its images', { sizeBytes: 10_000 }, 'malformed-tensors'],
    ['images shorter than the tensor', { length: 10 }, 'malformed-tensors'],
    ['more JSON than there is', { jsonBytes: 10_000 }, 'malformed-tensors'],
    ['less JSON than there is', { jsonBytes: 10 }, 'malformed-json'],
    ['more JSON than a request may have', { jsonBytes: 20_001 }, 'payload-too-large'],
    ['a length that is none', { jsonBytes: -1 }, 'validation-failed'],
  ])('refuses a request in binary that states %s', async (_, stated, problem) => {
    expect((await inferInBinary([white], stated)).problem).toBe(problem);
    expect(service.temporaryFiles).toEqual([]);
  });

  test.each([
    [undefined, 'malformed-json'],
    ['1', 'malformed-tensors'],
  ])('refuses a request without a body that states %s bytes of JSON', async (stated, problem) => {
    const headers = stated === undefined ? {} : { 'inference-header-content-length': stated };
    expect((await service.post(`/v2/models/${modelId}/infer`, { headers })).problem).toBe(problem);
    const keyed = { ...headers, 'idempotency-key': `nothing-${stated}` };
    expect((await service.post(`/v2/models/${modelId}/infer`, { headers: keyed })).problem).toBe(problem);
  });

  test('answers a repeated request with an Idempotency-Key as the first time', async () => {
    const json = { inputs: [tensor({ data: inBase64(white) })] };
    const headers = { 'idempotency-key': 'infer-once' };
    const first = await service.post(`/v2/models/${modelId}/infer`, { json, headers });
    const second = await service.post(`/v2/models/${modelId}/infer`, { json, headers });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.json).toEqual(first.json);
  });
});

const python = findPython(['tritonclient[http]==2.73.0']);

(python === null ? test.skip : test)(
  'tritonclient drives it',
  async () => {
    const image = path.join(service.folder, 'white.bmp');
    writeFileSync(image, white);
    const script = fileURLToPath(new URL('./testing/triton_client.py', import.meta.url));
    const host = service.url.slice('http://'.length);
    const { stdout } = await promisify(execFile)(python!, [script, host, '@production', image]);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      live: true,
      ready: true,
      server: { name: 'mediclip', extensions: ['binary_tensor_data'] },
      model_ready: true,
      unknown_ready: false,
      model: { name: modelId, inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }] },
      all: { id: '7', outputs: { score: ['float64', [2], 0.75], map: ['float32', [2, 4, 4], 0.75] } },
      json: { outputs: { score: ['float64', [1], 0.75] } },
      mixed: { outputs: { score: ['float64', [1], 0.75], map: ['float32', [1, 4, 4], 0.75] } },
      bad_image: ['415', expect.stringContaining('/problems/image-unsupported-format')],
      p_value: ['409', expect.stringContaining('/problems/model-not-calibrated')],
      unknown: ['404', expect.stringContaining('/problems/not-found')],
    });
  },
  60_000,
);
