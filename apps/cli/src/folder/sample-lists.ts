import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from '../usage-error.js';
import type { DataFolder } from './data-files.js';

/** A line of the paper's sample lists; paths are relative to `images/`. */
const sampleSchema = z.object({
  filename: z.string().min(1),
  label: z.union([z.literal(0), z.literal(1)]),
  mask: z.string().min(1).nullish(),
});

type Sample = z.infer<typeof sampleSchema>;

/** The paper's layout: `samples/train.json` and `samples/test.json`, one JSON object a line. */
export async function readSampleLists(folder: string): Promise<DataFolder> {
  const train = await readSamples(folder, 'train');
  const test = await readSamples(folder, 'test');
  const image = (name: string) => locate(folder, name);
  return {
    trainNormal: train
      .filter(({ label }) => label === 0)
      .map(({ filename }) => image(filename))
      .sort(),
    test: test
      .map(({ filename, label, mask }) => ({
        file: image(filename),
        abnormal: label === 1,
        ...(mask && label === 1 && { mask: image(mask) }),
      }))
      .sort((a, b) => Number(a.abnormal) - Number(b.abnormal) || (a.file < b.file ? -1 : 1)),
  };
}

async function readSamples(folder: string, part: string): Promise<Sample[]> {
  const file = path.join(folder, 'samples', `${part}.json`);
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [parseSample(line, `${file}:${index + 1}`)]));
}

function parseSample(line: string, place: string): Sample {
  try {
    return sampleSchema.parse(JSON.parse(line));
  } catch {
    throw new UsageError(`${place} is no sample: write a JSON object with "filename" and "label" (0 or 1).`);
  }
}

function locate(folder: string, name: string): string {
  const images = path.resolve(folder, 'images');
  const file = path.resolve(images, name);
  if (!file.startsWith(images + path.sep)) {
    throw new UsageError(`The sample lists name ${name}, which lies outside ${images}: keep the images inside.`);
  }
  return file;
}
