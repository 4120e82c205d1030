import { setTimeout as pause } from 'node:timers/promises';
import type { Image, ProblemError } from '@mediclip/contracts';
import { EngineError } from '@mediclip/engine';
import { ImageError, type SquareImage } from '@mediclip/imaging';
import type { AnomalyMap } from '@mediclip/maps';
import { problemOf } from '@mediclip/problems';
import { DamagedContent } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { ReadyModel } from '../../models/model-cache.js';
import type { JobContext } from '../job-context.js';
import { loadImage } from '../load-image.js';

export type ScoreImagesDependencies = Pick<WorkerDependencies, 'engine' | 'imagingPool'>;

/** What came of one image: its score and map, and the pixels that they are of, or the problem that cost only itself. */
export type ImageOutcome = { readonly image: Image } & (
  | { readonly scored: AnomalyMap; readonly picture: SquareImage; readonly problem?: never }
  | { readonly problem: ProblemError; readonly scored?: never; readonly picture?: never }
);

type Prepared = { readonly image: Image } & (
  | { readonly prepared: SquareImage; readonly problem?: never }
  | { readonly problem: ProblemError; readonly prepared?: never }
);

/** Images that are prepared, and handed to the engine, at once. */
const batchSize = 8;
const overloadedPauseMs = 250;

/**
 * Scores stored images with a model, in their order. While the caller deals with one batch the next one is scored, and
 * the one after it prepared. Rejects when the store or the engine fails, and with the signal's reason.
 */
export async function* scoreImages(
  { engine, imagingPool }: ScoreImagesDependencies,
  { tenant, signal, attempt }: Pick<JobContext, 'tenant' | 'signal' | 'attempt'>,
  { detector, side, intensity }: Omit<ReadyModel, 'model'>,
  images: readonly Image[],
): AsyncGenerator<ImageOutcome> {
  const prepare = async (image: Image): Promise<Prepared> => {
    try {
      return {
        image,
        prepared: await loadImage(tenant, imagingPool, image, { side, kind: 'test', intensity, signal }),
      };
    } catch (error) {
      if (!(error instanceof ImageError) && !(error instanceof DamagedContent)) throw error;
      return { image, problem: problemOf(error) };
    }
  };
  const prepareBatch = (start: number) =>
    deferRejection(Promise.all(images.slice(start, start + batchSize).map(prepare)));
  const score = async (preparing: Promise<Prepared[]>): Promise<ImageOutcome[]> => {
    const batch = await preparing;
    const usable = batch.flatMap(({ prepared }) => (prepared ? [{ side, data: prepared.data }] : []));
    const request = () => engine.score({ detector, images: usable }, { signal, caller: attempt.jobId });
    const answers = usable.length === 0 ? [] : await retryWhileOverloaded(signal, request);
    const next = answers.values();
    return batch.map(({ image, prepared, problem }) =>
      problem ? { image, problem } : { image, picture: prepared, scored: next.next().value! },
    );
  };

  let scoring = deferRejection(score(prepareBatch(0)));
  let preparing = prepareBatch(batchSize);
  for (let start = 0; start < images.length; start += batchSize) {
    const outcomes = await scoring;
    scoring = deferRejection(score(preparing));
    preparing = prepareBatch(start + 2 * batchSize);
    yield* outcomes;
  }
}

/** Work that is begun before it is awaited: until then its rejection is not an unhandled one. */
function deferRejection<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Waits while the engine has as many images as it takes: a job has time. */
async function retryWhileOverloaded<T>(signal: AbortSignal, score: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await score();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'overloaded') throw error;
      await pause(overloadedPauseMs, undefined, { signal });
    }
  }
}
