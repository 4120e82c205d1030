import { setTimeout as pause } from 'node:timers/promises';
import type { Image, ProblemError, ScoredMap } from '@mediclip/contracts';
import { EngineError } from '@mediclip/engine';
import { ImageError, type PreparedImage } from '@mediclip/imaging';
import { DamagedContent } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { ReadyModel } from '../../models/model-cache.js';
import { problemOf } from '../../problems/problem-of.js';
import type { JobContext } from '../job-context.js';
import { loadImage } from '../load-image.js';

export type ScoreImagesDependencies = Pick<WorkerDependencies, 'engine' | 'imagingPool'>;

/** What came of one image: its score and map, or the problem that cost only itself. */
export type ImageOutcome = { readonly image: Image } & (
  | { readonly scored: ScoredMap; readonly problem?: never }
  | { readonly problem: ProblemError; readonly scored?: never }
);

type Prepared = { readonly image: Image } & (
  | { readonly prepared: PreparedImage; readonly problem?: never }
  | { readonly problem: ProblemError; readonly prepared?: never }
);

/** Images that are prepared, and handed to the engine, at once. */
const batchSize = 8;
const overloadedPauseMs = 250;

/**
 * Scores stored images with a model, in their order; a batch is prepared while the one before it is scored. Rejects when the store or
 * the engine fails, and with the signal's reason.
 */
export async function* scoreImages(
  { engine, imagingPool }: ScoreImagesDependencies,
  { tenant, signal, attempt }: Pick<JobContext, 'tenant' | 'signal' | 'attempt'>,
  { detector, side }: ReadyModel,
  images: readonly Image[],
): AsyncGenerator<ImageOutcome> {
  const prepareBatch = (start: number) => {
    const prepared = Promise.all(images.slice(start, start + batchSize).map(prepare));
    prepared.catch(() => undefined);
    return prepared;
  };
  const prepare = async (image: Image): Promise<Prepared> => {
    try {
      return { image, prepared: await loadImage(tenant, imagingPool, image, { side, kind: 'test', signal }) };
    } catch (error) {
      if (!(error instanceof ImageError) && !(error instanceof DamagedContent)) throw error;
      return { image, problem: problemOf(error) };
    }
  };

  let next = prepareBatch(0);
  for (let start = 0; start < images.length; start += batchSize) {
    const batch = await next;
    next = prepareBatch(start + batchSize);
    const usable = batch.flatMap(({ prepared }) => (prepared ? [{ side, data: prepared.image.data }] : []));
    const scored = await patiently(signal, () =>
      engine.score({ detector, images: usable }, { signal, caller: attempt.jobId }),
    );
    const answers = scored.values();
    for (const { image, problem } of batch) {
      yield problem ? { image, problem } : { image, scored: answers.next().value! };
    }
  }
}

/** Waits while the engine has as many images as it takes: a job has time. */
async function patiently<T>(signal: AbortSignal, score: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await score();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'overloaded') throw error;
      await pause(overloadedPauseMs, undefined, { signal });
    }
  }
}
