import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabelledFile, MediclipClient, NamedFile } from '@mediclip/client';
import type { AdaptationOptionsInput, Job, Model } from '@mediclip/contracts';
import { onePhraseAState } from '../../testing/example-set.js';

const folder = fileURLToPath(new URL('../../../../../examples/brain-mri', import.meta.url));

/** The first `count` images that come with the product of a part, for example `test/abnormal`. */
export function exampleFiles(part: string, count: number): NamedFile[] {
  return readdirSync(path.join(folder, part))
    .sort()
    .slice(0, count)
    .map((fileName) => ({ fileName, content: readFileSync(path.join(folder, part, fileName)) }));
}

export interface ExampleCounts {
  readonly train?: number;
  readonly normal?: number;
  readonly abnormal?: number;
}

/** So many examples of each kind, with what is known about them. */
export function labelledExamples({ train = 0, normal = 0, abnormal = 0 }: ExampleCounts): LabelledFile[] {
  const masks = exampleFiles('masks', abnormal);
  return [
    ...exampleFiles('train/normal', train).map((file) => ({ ...file, split: 'train', label: 'normal' }) as const),
    ...exampleFiles('test/normal', normal).map((file) => ({ ...file, split: 'test', label: 'normal' }) as const),
    ...exampleFiles('test/abnormal', abnormal).map(
      (file, i) => ({ ...file, split: 'test', label: 'abnormal', mask: masks[i]! }) as const,
    ),
  ];
}

/**
 * Options of an adaptation with two optimiser steps of one image each in an epoch, a checkpoint after each, and one
 * phrase a state: the text tower takes most of a step.
 */
export function quickOptions(epochs: number): AdaptationOptionsInput {
  return {
    shots: 2,
    prompts: onePhraseAState,
    training: { epochs, batchSize: 1, heldOutSamples: 0, selection: 'last', checkpointEverySteps: 1 },
    scoring: { memoryPatches: 64 },
  };
}

/** Uploads examples into a new data set; its id. */
export async function uploadExamples(client: MediclipClient, counts: ExampleCounts): Promise<string> {
  const { id } = await client.createDataset({ name: 'Synthetic brain MRI' });
  await client.uploadImages(id, labelledExamples(counts));
  return id;
}

/** Of the adaptation that makes `readyModel`: six steps. */
export const readyOptions = quickOptions(3);

/**
 * The model that `readyOptions` make of four training examples, wherever and however often it is made. The first
 * test file of a run that asks for it adapts it, those after it import its export, which takes a fraction of the time:
 * for tests that adapt none themselves, and for those that compare what a disturbed adaptation of the same has made.
 * Its data set may be elsewhere.
 */
export async function readyModel(client: MediclipClient): Promise<string> {
  const folder = process.env.TEST_RUN_FOLDER;
  const shared = folder && path.join(folder, 'ready-model.zip');
  if (shared && existsSync(shared)) return (await client.importModel(readFileSync(shared))).id;
  const datasetId = await uploadExamples(client, { train: 4 });
  const { modelId } = await client.waitForResult(await client.createAdaptation({ datasetId, ...readyOptions }));
  if (shared) {
    const whole = `${shared}.${process.pid}`;
    await client.exportModel(modelId, whole);
    renameSync(whole, shared);
  }
  return modelId;
}

/** What two models have in common that the same adaptation has made. */
export const madeOf = ({ digest, lossHistory, configuration }: Model) => ({ digest, lossHistory, configuration });

/** The job's record as soon as its events say that it has trained for `steps` steps; throws when it ends before. */
export async function trainedFor(client: MediclipClient, { id }: Pick<Job, 'id'>, steps: number): Promise<void> {
  for await (const event of client.jobEvents(id)) {
    if (event.type === 'progress' && event.progress.phase === 'training' && event.progress.done >= steps) return;
  }
  throw new Error(`The job ${id} ended before step ${steps}.`);
}
