import { readFile } from 'node:fs/promises';
import {
  type AdaptationOptions,
  type AdaptationOptionsInput,
  adaptationOptionsInputSchema,
  resolveAdaptationOptions,
} from '@mediclip/contracts';
import { UsageError } from '../usage-error.js';
import type { AdaptationFlags } from './adaptation-flags.js';

/** Every option with its value. Throws a UsageError that names the first fault. */
export async function parseAdaptationFlags(flags: AdaptationFlags): Promise<AdaptationOptions> {
  return resolveAdaptationOptions(await adaptationInput(flags));
}

/** The options that are given. Throws a UsageError that names the first fault. */
export async function adaptationInput(flags: AdaptationFlags): Promise<AdaptationOptionsInput> {
  const file = flags.options === undefined ? {} : await readOptionsFile(flags.options);
  const merged = {
    ...file,
    ...given({
      backbone: flags.backbone,
      preset: flags.preset,
      name: flags.name,
      shots: numberOf(flags.shots),
      seed: numberOf(flags.seed),
      intensity: flags.intensity === undefined ? undefined : intensityOf(flags.intensity),
      excludeOutliers: flags.excludeOutliers,
    }),
    ...nested('training', file.training, {
      epochs: numberOf(flags.epochs),
      batchSize: numberOf(flags.batchSize),
      learningRate: numberOf(flags.learningRate),
    }),
    ...nested('scoring', file.scoring, { pooling: flags.pooling }),
  };
  const parsed = adaptationOptionsInputSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UsageError(`The option ${path.join('.') || 'given'} does not fit: ${message}.`);
}

async function readOptionsFile(file: string): Promise<AdaptationOptionsInput> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`Cannot read the options in ${file} (${(error as Error).message}): write one JSON object.`);
  }
  if (!isObject(content)) throw new UsageError(`The options in ${file} are no JSON object: write one.`);
  return content;
}

const number = String.raw`[+-]?\d+(?:\.\d+)?`;
const windowPattern = new RegExp(`^(${number})/(${number})$`);
const percentilesPattern = new RegExp(`^(${number})\\.\\.(${number})$`);

/** An intensity as a word; what it cannot be is left for the check to refuse. */
function intensityOf(text: string): object {
  if (text === 'auto' || text === 'file') return { kind: text };
  const [, centre, width] = windowPattern.exec(text) ?? [];
  if (centre !== undefined) return { kind: 'window', centre: Number(centre), width: Number(width) };
  const [, low, high] = percentilesPattern.exec(text) ?? [];
  if (low !== undefined) return { kind: 'percentiles', low: Number(low), high: Number(high) };
  return { kind: 'preset', name: text };
}

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));

const given = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A group of options of the file under those that flags give; what is no object in the file is left for the check to
 * refuse.
 */
function nested(key: string, file: unknown, flags: object): object {
  if (file !== undefined && !isObject(file)) return { [key]: file };
  const fields = { ...file, ...given(flags) };
  return Object.keys(fields).length === 0 ? {} : { [key]: fields };
}
