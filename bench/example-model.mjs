import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileAt } from '@mediclip/client';

const trainingImages = fileURLToPath(new URL('../examples/brain-mri/train/normal', import.meta.url));

/** A data set of the examples' training images; its id. */
export async function uploadExamples(client) {
  const { id } = await client.createDataset({ name: 'Bench' });
  const files = readdirSync(trainingImages).map((name) => fileAt(path.join(trainingImages, name)));
  await client.uploadImages(
    id,
    files.map((file) => ({ ...file, split: 'train', label: 'normal' })),
  );
  return id;
}

/** The id of a model after one epoch: it scores as fast as any. */
export async function adaptBriefly(client, datasetId) {
  const training = { epochs: 1, selection: 'last', heldOutSamples: 0 };
  const { modelId } = await client.waitForResult(await client.createAdaptation({ datasetId, training }));
  return modelId;
}

/** Resolves when an adaptation has done a training step. */
export async function untilTraining(client, jobId) {
  for await (const event of client.jobEvents(jobId)) {
    if (event.type === 'progress' && event.progress.phase === 'training' && event.progress.done > 0) return;
  }
  throw new Error('The adaptation ended before it trained.');
}
