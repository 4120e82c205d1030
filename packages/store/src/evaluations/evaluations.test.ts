import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { RecordNotFound } from '../errors.js';
import { newId } from '../records/ids.js';
import { digest, newModel, testStore } from '../testing/test-store.js';
import type { EvaluationDescription } from './evaluation-repository.js';

describe('evaluations', () => {
  test('exist once their job has succeeded, with their report', async () => {
    const { tenant } = testStore();
    const { model } = await newModel(tenant);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const { job, resultId } = await tenant.jobs.create({
      kind: 'evaluation',
      request: { modelId: model.id, datasetId },
    });
    const figure = { value: 0.9 };
    const description: EvaluationDescription = {
      modelId: model.id,
      datasetId,
      datasetDigest: digest,
      images: { normal: 1, abnormal: 1, masks: 0, rejected: 0 },
      image: {
        auroc: figure,
        averagePrecision: figure,
        f1Max: figure,
        sensitivityAtSpecificity90: figure,
        sensitivityAtSpecificity95: figure,
      },
      pixel: { auroc: figure, averagePrecision: figure, aupro30: figure, diceBest: figure, diceCalibrated: figure },
    };
    const { attempt } = await tenant.attempts.start(job.id);
    const page = new TextEncoder().encode('<html>');
    const evaluation = await tenant.evaluations.create(attempt, description, { 'report.html': page });
    expect(evaluation).toMatchObject({ ...description, id: resultId, jobId: job.id });
    await expect(tenant.evaluations.get(evaluation.id)).rejects.toThrow(RecordNotFound);
    const { attempt: next } = await tenant.attempts.start(job.id);
    expect(await tenant.evaluations.create(next, description, { 'report.html': page })).toEqual(evaluation);
    await tenant.attempts.end(next, { state: 'succeeded', result: { evaluationId: evaluation.id } });
    expect(await tenant.evaluations.get(evaluation.id)).toEqual(evaluation);
    const report = await tenant.evaluations.openFile(evaluation.id, 'report.html');
    expect((await buffer(report.stream)).toString()).toBe('<html>');
    await expect(tenant.evaluations.openFile(evaluation.id, 'other.html')).rejects.toThrow(RecordNotFound);
    await expect(tenant.evaluations.get(newId())).rejects.toThrow(RecordNotFound);
  });
});
