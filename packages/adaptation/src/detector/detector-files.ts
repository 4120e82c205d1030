import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensorsFile, readSafetensorsHeader, WeightsError, writeSafetensors } from '@mediclip/backbones';
import {
  adaptationOptionsSchema,
  chosenIntensitySchema,
  epochLossSchema,
  towerPrecisionSchema,
} from '@mediclip/contracts';
import { writeFileWhole } from '@mediclip/files';
import { z } from 'zod';
import { AdaptationError } from '../errors.js';
import { type DetectorShape, type DetectorTensors, storedTensorShapes } from './detector-shape.js';

const descriptionFile = 'detector.json';
const tensorsFile = 'detector.safetensors';
/** Goes up with every change that makes earlier detectors unreadable. */
const formatVersion = 2;
/** A detector has a few dozen tensors. */
const largestHeaderBytes = 64 * 1024;
/** As many layers as an adaptation can name. */
const mostTaps = 16;
const tapsSchema = z
  .array(z.int())
  .min(1)
  .max(mostTaps)
  .refine((taps) => new Set(taps).size === taps.length, 'Taps must be unique');

/** The files that make a detector; its tower is shared and stays with the backbone. */
export const detectorFileNames: readonly string[] = [descriptionFile, tensorsFile];

const descriptionSchema = z
  .strictObject({
    formatVersion: z.literal(formatVersion),
    options: adaptationOptionsSchema,
    backbone: z.strictObject({
      id: z.string(),
      digest: z.string(),
      family: z.string(),
      licence: z.string(),
    }),
    taps: tapsSchema,
    precision: towerPrecisionSchema.optional(),
    /** How greys deeper than 8 bits are rendered; absent where no shot was deep. */
    intensity: chosenIntensitySchema.optional(),
    side: z.int().min(1),
    memory: z.strictObject({ taps: tapsSchema, patches: z.int().min(1) }).optional(),
    /** From how many normals the kind is known; absent without a memory and in detectors of earlier versions. */
    kinship: z.strictObject({ shots: z.int().min(1) }).optional(),
    images: z.strictObject({
      count: z.int().min(1),
      digest: z.string(),
      /** Per shot, SHA-256 of its pixels as they are scored. */
      pixelDigests: z.array(z.string()).optional(),
      /** Training images that were left out as near copies of shots. */
      copies: z.int().min(0).optional(),
    }),
    lossHistory: z.array(epochLossSchema),
    selectedEpoch: z.int().min(1),
    /** Present if the detector was made from another one by adding normals, the last of `images`, to its memory. */
    revision: z
      .strictObject({
        /** SHA-256 over the files of that detector, as the `digest` of a model. */
        parentDigest: z.string(),
        addedImages: z.int().min(1),
      })
      .optional(),
  })
  .refine(({ memory, options }) => (memory?.patches ?? 0) <= options.scoring.memoryPatches, {
    path: ['memory', 'patches'],
    message: 'The memory has more patches than its options let it have',
  })
  .refine(({ lossHistory, options }) => lossHistory.length <= options.training.epochs, {
    path: ['lossHistory'],
    message: 'There are more losses than epochs',
  });

/** `detector.json`: what the detector is and how it was made. */
export type DetectorDescription = z.infer<typeof descriptionSchema>;

export interface Detector {
  readonly description: DetectorDescription;
  readonly tensors: DetectorTensors;
}

/** What a finished training hands over. */
export interface TrainedDetector
  extends Pick<
    DetectorDescription,
    'options' | 'precision' | 'intensity' | 'kinship' | 'images' | 'lossHistory' | 'selectedEpoch' | 'revision'
  > {
  readonly shape: DetectorShape;
  readonly tensors: DetectorTensors;
}

/**
 * Writes `detector.safetensors` and then `detector.json`, each whole or not at all: a folder with the latter is
 * complete.
 */
export async function writeDetector(folder: string, trained: TrainedDetector): Promise<void> {
  const { shape, tensors, options, precision, intensity, kinship, images, lossHistory, selectedEpoch, revision } =
    trained;
  const { id, digest, family, licence, side } = shape.backbone;
  const description: DetectorDescription = {
    formatVersion,
    options,
    backbone: { id, digest, family, licence },
    taps: [...shape.taps],
    precision,
    intensity,
    side,
    memory: shape.memory && { taps: [...shape.memory.taps], patches: shape.memory.patches },
    kinship,
    images,
    lossHistory,
    selectedEpoch,
    revision,
  };
  const stored = [...storedTensorShapes(shape, kinship)].map(
    ([name, extent]) => [name, { dtype: 'F32', shape: extent, data: tensors.get(name)! }] as const,
  );
  await mkdir(folder, { recursive: true });
  await writeFileWhole(path.join(folder, tensorsFile), writeSafetensors(stored));
  await writeFileWhole(path.join(folder, descriptionFile), `${JSON.stringify(description, undefined, 2)}\n`);
}

/** Reads a detector's folder. Throws an `AdaptationError` when it holds none or a damaged one. */
export async function readDetector(folder: string): Promise<Detector> {
  const description = await readDetectorDescription(folder);
  const file = path.join(folder, tensorsFile);
  return orCorrupt(file, () => {
    const tensors = new Map<string, Float32Array>();
    for (const [name, { data }] of readSafetensorsFile(file)) {
      if (!(data instanceof Float32Array)) throw corrupt(`The detector's tensor ${name}`, undefined);
      tensors.set(name, data);
    }
    return { description, tensors };
  });
}

/**
 * As `readDetector`, for a folder that somebody else filled: the header of its tensors must promise just those that the
 * detector has on `backbone`, before any of them is read.
 */
export async function readForeignDetector(folder: string, backbone: DetectorShape['backbone']): Promise<Detector> {
  const { taps, memory, kinship } = await readDetectorDescription(folder);
  const expected = storedTensorShapes({ backbone, taps, memory }, kinship);
  const file = path.join(folder, tensorsFile);
  orCorrupt(file, () => {
    const { tensors } = readSafetensorsHeader(file, largestHeaderBytes);
    if (tensors.size !== expected.size) throw corrupt(file, undefined);
    for (const [name, extent] of expected) {
      const found = tensors.get(name);
      if (found?.dtype !== 'F32' || found.shape.join() !== extent.join()) {
        throw corrupt(`The detector's tensor ${name}`, undefined);
      }
    }
  });
  return readDetector(folder);
}

/** The shape of a detector on its backbone. Throws an `AdaptationError` when its tensors do not fit. */
export function detectorShape({ description, tensors }: Detector, backbone: DetectorShape['backbone']): DetectorShape {
  const { taps, memory, options } = description;
  const shape = { backbone, taps, memory, scoring: options.scoring };
  for (const [name, extent] of storedTensorShapes(shape, description.kinship)) {
    if (tensors.get(name)?.length !== extent.reduce((product, size) => product * size, 1)) {
      throw corrupt(`The detector's tensor ${name}`, undefined);
    }
  }
  return shape;
}

/** Reads `detector.json` of a detector's folder. Throws an `AdaptationError` when it is missing or damaged. */
export async function readDetectorDescription(folder: string): Promise<DetectorDescription> {
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

/** What `read` returns; a file that is missing or no weight file is a damaged detector. */
function orCorrupt<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof WeightsError)) throw cause;
    throw corrupt(file, cause);
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const corrupt = (what: string, cause: unknown) =>
  new AdaptationError('corrupt-detector', `${what} is damaged or of another version: adapt again.`, { cause });
