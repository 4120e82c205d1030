import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensors, WeightsError, writeSafetensors } from '@mediclip/backbones';
import { adaptationOptionsSchema, epochLossSchema, towerPrecisionSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { AdaptationError } from '../errors.js';
import { writeFileWhole } from '../write-file-whole.js';
import { type DetectorShape, type DetectorTensors, tensorShapes } from './detector-shape.js';

const descriptionFile = 'detector.json';
const tensorsFile = 'detector.safetensors';
/** Goes up with every change that makes earlier detectors unreadable. */
const formatVersion = 2;

/** The files that make a detector; its tower is shared and stays with the backbone. */
export const detectorFileNames: readonly string[] = [descriptionFile, tensorsFile];

const descriptionSchema = z.strictObject({
  formatVersion: z.literal(formatVersion),
  options: adaptationOptionsSchema,
  backbone: z.strictObject({
    id: z.string(),
    digest: z.string(),
    family: z.string(),
    licence: z.string(),
  }),
  taps: z.array(z.int()).min(1),
  precision: towerPrecisionSchema.optional(),
  side: z.int().min(1),
  memory: z.strictObject({ taps: z.array(z.int()).min(1), patches: z.int().min(1) }).optional(),
  images: z.strictObject({ count: z.int().min(1), digest: z.string() }),
  lossHistory: z.array(epochLossSchema),
  selectedEpoch: z.int().min(1),
});

/** `detector.json`: what the detector is and how it was made. */
export type DetectorDescription = z.infer<typeof descriptionSchema>;

export interface Detector {
  readonly description: DetectorDescription;
  readonly tensors: DetectorTensors;
}

/** What a finished training hands over. */
export interface TrainedDetector
  extends Pick<DetectorDescription, 'options' | 'precision' | 'images' | 'lossHistory' | 'selectedEpoch'> {
  readonly shape: DetectorShape;
  readonly tensors: DetectorTensors;
}

/** Writes `detector.safetensors` and then `detector.json`, each whole or not at all: a folder with the latter is complete. */
export async function writeDetector(folder: string, trained: TrainedDetector): Promise<void> {
  const { shape, tensors, options, precision, images, lossHistory, selectedEpoch } = trained;
  const { id, digest, family, licence, side } = shape.backbone;
  const description: DetectorDescription = {
    formatVersion,
    options,
    backbone: { id, digest, family, licence },
    taps: [...shape.taps],
    precision,
    side,
    memory: shape.memory && { taps: [...shape.memory.taps], patches: shape.memory.patches },
    images,
    lossHistory,
    selectedEpoch,
  };
  const stored = [...tensorShapes(shape)].map(
    ([name, extent]) => [name, { dtype: 'F32', shape: extent, data: tensors.get(name)! }] as const,
  );
  await mkdir(folder, { recursive: true });
  await writeFileWhole(path.join(folder, tensorsFile), writeSafetensors(stored));
  await writeFileWhole(path.join(folder, descriptionFile), `${JSON.stringify(description, undefined, 2)}\n`);
}

/** Reads a detector's folder. Throws an `AdaptationError` when it holds none or a damaged one. */
export async function readDetector(folder: string): Promise<Detector> {
  const description = await readDescription(folder);
  const file = path.join(folder, tensorsFile);
  try {
    const stored = [...readSafetensors(await readFile(file))];
    const tensors = new Map(stored.map(([name, { data }]) => [name, data as Float32Array]));
    return { description, tensors };
  } catch (cause) {
    if (!(cause instanceof WeightsError) && !isMissing(cause)) throw cause;
    throw corrupt(file, cause);
  }
}

/** The shape of a detector on its backbone. Throws an `AdaptationError` when its tensors do not fit. */
export function detectorShape({ description, tensors }: Detector, backbone: DetectorShape['backbone']): DetectorShape {
  const { taps, memory, options } = description;
  const shape = { backbone, taps, memory, scoring: options.scoring };
  for (const [name, extent] of tensorShapes(shape)) {
    if (tensors.get(name)?.length !== extent.reduce((product, size) => product * size, 1)) {
      throw corrupt(`The detector's tensor ${name}`, undefined);
    }
  }
  return shape;
}

async function readDescription(folder: string): Promise<DetectorDescription> {
  const file = path.join(folder, descriptionFile);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    throw new AdaptationError(
      'corrupt-detector',
      `${folder} holds no detector: name a folder that \`mediclip adapt\` made.`,
      { cause },
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

const corrupt = (what: string, cause: unknown) =>
  new AdaptationError('corrupt-detector', `${what} is damaged or of another version: adapt again.`, { cause });
