import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClientProblem, MediclipClient } from '@mediclip/client';
import { bitmap } from './testing/bitmaps.js';
import { closeSharedPool, TestService } from './testing/test-service.js';

let service: TestService;
let client: MediclipClient;
beforeAll(async () => {
  service = await TestService.start();
  client = new MediclipClient({ baseUrl: service.url });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('the typed client goes all the way from images to figures and back', async () => {
  const { id: datasetId } = await client.createDataset({ name: 'Brain MRI' });
  const file = (seed: number) => ({ fileName: `${seed}.bmp`, content: bitmap(16, 12, seed) });
  const uploaded = await client.uploadImages(datasetId, [
    { ...file(1), split: 'train', label: 'normal' },
    { ...file(2), split: 'train', label: 'normal' },
    { ...file(3), split: 'test', label: 'normal' },
    { ...file(4), split: 'test', label: 'abnormal', mask: file(5) },
  ]);
  expect(uploaded).toMatchObject({ stored: 4, rejected: 0 });

  const phases: string[] = [];
  const adaptation = await client.createAdaptation({ datasetId, shots: 2 });
  const { modelId } = await client.waitForResult(adaptation, { onProgress: ({ phase }) => phases.push(phase) });
  expect(phases).toEqual(['working']);
  expect((await all(client.listModels())).map(({ id }) => id)).toEqual([modelId]);

  const answer = await client.scoreImages(modelId, [file(6)]);
  expect(answer.results).toMatchObject([{ fileName: '6.bmp', outcome: 'scored' }]);
  expect((await client.scoreOverlay(modelId, file(6))).subarray(1, 4)).toEqual(new TextEncoder().encode('PNG'));

  const scoring = await client.createScoring({ modelId, datasetId, split: 'test' });
  expect(await client.waitForResult(scoring)).toEqual({ scored: 2, rejected: 0 });
  const results = await all(client.listJobResults(scoring.id, { pageSize: 1 }));
  expect(results.map(({ fileName }) => fileName)).toEqual(['3.bmp', '4.bmp']);

  const evaluation = await client.createEvaluation({ modelId, datasetId });
  const { evaluationId } = await client.waitForResult(evaluation);
  expect((await client.getEvaluation(evaluationId)).modelId).toBe(modelId);

  await client.deleteModel(modelId);
  await client.deleteDataset(datasetId);
  await expect(client.getModel(modelId)).rejects.toThrow(ClientProblem);
  expect(await all(client.listDatasets())).toEqual([]);
});
