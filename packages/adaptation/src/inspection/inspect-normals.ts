import { listedBackbone } from '@mediclip/backbones';
import { type AdaptationOptions, type ChosenIntensity, resolveAdaptationOptions } from '@mediclip/contracts';
import { chosenIntensity, type GreyStatistics, givenIntensity } from '@mediclip/imaging';
import type { NormalImage } from '@mediclip/synthesis';
import { leastNormals, type NormalsFound } from '../kinship/outliers.js';
import { DistinctPictures } from '../shots/distinct-pictures.js';
import { shotsOf } from '../training/job.js';
import { shotOrder } from '../training/plan.js';
import type { InspectionJob } from './inspection-job.js';
import { readNormalsFound } from './inspection-run.js';
import { enoughNote } from './learning-curve.js';

/** More normals than these are not looked at: what is usual among them hardly changes any more. */
const mostInspected = 100;

/** A normal image as it is scored, and what the choice of an intensity needs of one deeper than 8 bits. */
export interface LookedAt {
  readonly picture: NormalImage;
  readonly statistics?: GreyStatistics | undefined;
}

export interface NormalsView {
  /** Pixels. */
  readonly side: number;
  /** How greys deeper than 8 bits are rendered. */
  readonly intensity: ChosenIntensity | undefined;
}

export interface NormalsSource<T> {
  readonly engine: { inspect(job: InspectionJob, options?: { readonly signal?: AbortSignal }): Promise<void> };
  /** Reads a normal image as it is scored; undefined for one that cannot be read. */
  readonly look: (normal: T, view: NormalsView) => Promise<LookedAt | undefined>;
  /** For what the engine finds. */
  readonly outFolder: string;
  readonly signal: AbortSignal;
}

/** Which normals of a data set were looked at, what was found, and whether more would help. */
export interface InspectedNormals<T> extends NormalsFound {
  /** Distinct pictures, in the order of the normals; `outliers` are indices of these. Empty where they are too few. */
  readonly looked: readonly T[];
  /** See `gainOfMore`; of those looked at; undefined where they are too few to tell. */
  readonly gainOfMore?: number | undefined;
  /** For people: whether more normal images would help, or why this cannot be told. */
  readonly advice: string;
}

/**
 * Inspects the normal images of a data set before anybody adapts a model to them: the distinct pictures among them, up
 * to 100 that chance picks, through the default backbone as an adaptation with the default options would. Rejects as
 * the engine does.
 */
export async function inspectNormals<T>(normals: readonly T[], source: NormalsSource<T>): Promise<InspectedNormals<T>> {
  const options = resolveAdaptationOptions({});
  const backbone = listedBackbone(options.backbone);
  if (backbone === undefined) throw new Error(`There is no backbone ${options.backbone}; this is a bug.`);
  const chosen = await distinctNormals(normals, options, backbone.side, source);
  const looked = chosen.map(({ normal }) => normal);
  if (looked.length < leastNormals) {
    return { looked: [], outliers: [], isMixed: false, advice: tooFewNote(looked.length) };
  }
  const { engine, outFolder, signal } = source;
  const images = shotsOf(chosen.map(({ picture }) => picture));
  await engine.inspect({ kind: 'inspection', options, images, outFolder }, { signal });
  const { outliers, isMixed, gainOfMore } = await readNormalsFound(outFolder);
  const advice = gainOfMore === undefined ? unknownNote : enoughNote(gainOfMore);
  return { looked, outliers, isMixed, gainOfMore, advice };
}

/** The distinct ones of the readable normals, as they are scored with the intensity that they decide. */
async function distinctNormals<T>(
  normals: readonly T[],
  { intensity: wanted }: Pick<AdaptationOptions, 'intensity'>,
  side: number,
  { look, signal }: Pick<NormalsSource<T>, 'look' | 'signal'>,
): Promise<{ readonly normal: T; readonly picture: NormalImage }[]> {
  const found: (LookedAt & { readonly index: number; readonly normal: T })[] = [];
  const distinct = new DistinctPictures<number>();
  const view = { side, intensity: givenIntensity(wanted) };
  for (const index of shotOrder(normals.length, normals.length, 0)) {
    if (distinct.size === mostInspected) break;
    signal.throwIfAborted();
    const normal = normals[index]!;
    const looked = await look(normal, view);
    if (looked && distinct.add(index, looked.picture) === undefined) found.push({ ...looked, index, normal });
  }
  found.sort((a, b) => a.index - b.index);
  const intensity = chosenIntensity(
    wanted,
    found.flatMap(({ statistics }) => statistics ?? []),
  );
  if (intensity === undefined) return found;
  const scored: { normal: T; picture: NormalImage }[] = [];
  for (const { normal } of found) {
    const looked = await look(normal, { side, intensity });
    if (looked) scored.push({ normal, picture: looked.picture });
  }
  return scored;
}

function tooFewNote(distinct: number): string {
  return `There are ${distinct} distinct normal training images: which of them do not belong, and whether more would help, can be told from ${leastNormals} on.`;
}

const unknownNote = 'Whether more normal images would help cannot be told from so few that differ.';
