import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensors, WeightsError, writeSafetensors } from '@mediclip/backbones';
import { adaptationOptionsSchema, epochLossSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { AdaptationError } from '../errors.js';
import type { Parameters } from '../graphs/parameters.js';
import type { Tower } from '../tower/tower.js';
import { writeFileWhole } from '../write-file-whole.js';

const descriptionFile = 'detector.json';
const tensorsFile = 'detector.safetensors';

/** The files that make a detector; its tower is shared and stays with the backbone. */
export const detectorFileNames: readonly string[] = [descriptionFile, tensorsFile];

const descriptionSchema = z.strictObject({
  formatVersion: z.literal(1),
  options: adaptationOptionsSchema,
  backbone: z.strictObject({
    id: z.string(),
    digest: z.string(),
    family: z.string(),
    licence: z.string(),
  }),
  taps: z.array(z.int()).min(1),
  side: z.int().min(1),
  images: z.strictObject({ count: z.int().min(1), digest: z.string() }),
  lossHistory: z.array(epochLossSchema),
  selectedEpoch: z.int().min(1),
});

/** `detector.json`: what the detector is and how it was made. */
export type DetectorDescription = z.infer<typeof descriptionSchema>;

/** The trained matrices of a detector (method, section 9). */
export interface DetectorTensors {
  /** Per tap [E, C]. */
  readonly weights: readonly Float32Array[];
  /** Per tap [E]. */
  readonly biases: readonly Float32Array[];
  /** [2, E], unit rows: normal, abnormal. */
  readonly states: Float32Array;
}

export interface Detector {
  readonly description: DetectorDescription;
  readonly tensors: DetectorTensors;
}

/** What a finished training hands over. */
export interface TrainedDetector
  extends Pick<DetectorDescription, 'options' | 'images' | 'lossHistory' | 'selectedEpoch'> {
  readonly parameters: Parameters;
  readonly states: Float32Array;
}

/** Writes `detector.safetensors` and then `detector.json`, each whole or not at all: a folder with the latter is complete. */
export async function writeDetector(
  folder: string,
  { backbone, taps }: Tower,
  trained: TrainedDetector,
): Promise<void> {
  const { options, parameters, states, images, lossHistory, selectedEpoch } = trained;
  const { id, digest, family, licence, embeddingWidth, side } = backbone;
  const tensors = taps.flatMap((tap, index) => {
    const { channels } = backbone.tapShape(tap);
    return [
      [`adapter.${index}.weight`, float32([embeddingWidth, channels], parameters.get(`adapter.${index}.weight`)!)],
      [`adapter.${index}.bias`, float32([embeddingWidth], parameters.get(`adapter.${index}.bias`)!)],
    ] as const;
  });
  const description: DetectorDescription = {
    formatVersion: 1,
    options,
    backbone: { id, digest, family, licence },
    taps: [...taps],
    side,
    images,
    lossHistory,
    selectedEpoch,
  };
  await mkdir(folder, { recursive: true });
  await writeFileWhole(
    path.join(folder, tensorsFile),
    writeSafetensors([...tensors, ['states', float32([2, embeddingWidth], states)]]),
  );
  await writeFileWhole(path.join(folder, descriptionFile), `${JSON.stringify(description, undefined, 2)}\n`);
}

const float32 = (shape: readonly number[], data: Float32Array) => ({ dtype: 'F32', shape, data }) as const;

/** Reads a detector's folder. Throws an `AdaptationError` when it holds none or a damaged one. */
export async function readDetector(folder: string): Promise<Detector> {
  const description = await readDescription(folder);
  try {
    const tensors = readSafetensors(await readFile(path.join(folder, tensorsFile)));
    const find = (name: string) => {
      const data = tensors.get(name)?.data;
      if (!(data instanceof Float32Array)) throw new WeightsError('missing_tensor', `It has no tensor ${name}.`);
      return data;
    };
    return {
      description,
      tensors: {
        weights: description.taps.map((_, index) => find(`adapter.${index}.weight`)),
        biases: description.taps.map((_, index) => find(`adapter.${index}.bias`)),
        states: find('states'),
      },
    };
  } catch (cause) {
    if (!(cause instanceof WeightsError) && !isMissing(cause)) throw cause;
    throw corrupt(path.join(folder, tensorsFile), cause);
  }
}

async function readDescription(folder: string): Promise<DetectorDescription> {
  const file = path.join(folder, descriptionFile);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    throw new AdaptationError(
      'corrupt-detector',
      `${folder} holds no detector: name a folder that \`mediclip adapt\` made.`,
      {
        cause,
      },
    );
  });
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw corrupt(file, cause);
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const corrupt = (file: string, cause: unknown) =>
  new AdaptationError('corrupt-detector', `${file} is damaged or of another version: adapt again.`, { cause });
