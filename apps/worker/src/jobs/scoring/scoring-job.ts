import { pixelDigest } from '@mediclip/adaptation';
import type { Image, Model, ScoringResult } from '@mediclip/contracts';
import { describeScore, falseDiscoveryCutoff } from '@mediclip/evaluation';
import { writeNpy } from '@mediclip/maps';
import type { JobResults } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { ModelCache } from '../../models/model-cache.js';
import { submitPush } from '../dicomweb/submit-push.js';
import { fixedImages } from '../fixed-images.js';
import type { JobRunner } from '../job-context.js';
import { type ImageOutcome, type ScoreImagesDependencies, scoreImages } from './score-images.js';

/**
 * Scores the images of a data set; an attempt that was interrupted leaves its results to the next one, which scores
 * only the rest.
 */
export function scoringJob(
  dependencies: ScoreImagesDependencies & Pick<WorkerDependencies, 'jobQueue'> & { readonly models: ModelCache },
): JobRunner<'scoring'> {
  return async (context) => {
    const { job, tenant, attempt, signal, report } = context;
    const { modelId, datasetId, split, falseDiscoveryRate, dicomResults } = job.request;
    const { images } = await fixedImages(context, (all) => ({
      images: all.filter((image) => (split ?? image.split) === image.split),
    }));
    const { done, ...tally } = await earlierResults(tenant.results, job.id);
    const rest = images.filter(({ id }) => !done.has(id));
    const progress = () => ({ phase: 'scoring', done: tally.scored + tally.rejected, total: images.length });
    report(progress());
    await dependencies.models.use(tenant, modelId, async (ready) => {
      for await (const outcome of scoreImages(dependencies, context, ready, rest)) {
        signal.throwIfAborted();
        const { result, map } = resultOf(outcome, ready.model);
        await tenant.results.put(attempt, result, map);
        tally[result.outcome]++;
        report(progress());
      }
    });
    return {
      ...tally,
      ...(falseDiscoveryRate !== undefined && {
        flagged: await flagged(tenant.results, job.id, falseDiscoveryRate),
      }),
      ...(dicomResults &&
        tally.scored > 0 && {
          pushJobId: await submitPush(
            context,
            { ...dicomResults, scoringId: job.id, modelId, datasetId },
            dependencies,
          ),
        }),
    };
  };
}

/** Which images a false discovery rate flags: those whose p-value is not above the cut-off. */
async function flagged(results: JobResults, jobId: string, rate: number) {
  const pValues = (await results.rows(jobId)).flatMap(({ pValue }) => pValue ?? []);
  const largestPValue = falseDiscoveryCutoff(pValues, rate);
  if (largestPValue === undefined) return { images: 0 };
  return { images: pValues.filter((p) => p <= largestPValue).length, largestPValue };
}

async function earlierResults(results: JobResults, jobId: string) {
  const earlier = { done: new Set<string>(), scored: 0, rejected: 0 };
  let cursor: string | undefined;
  do {
    const page = await results.list(jobId, { limit: 100, cursor });
    for (const { imageId, outcome } of page.items) {
      earlier.done.add(imageId);
      earlier[outcome]++;
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return earlier;
}

/** The result for an image and its map as an NPY file, float32 [side, side]. */
function resultOf(
  { image, scored, picture, problem }: ImageOutcome,
  model: Model,
): { result: ScoringResult; map?: Uint8Array } {
  if (problem) return { result: { ...placeOf(image), outcome: 'rejected', error: problem.toProblem() } };
  const { map, mapSide } = scored;
  return {
    result: {
      ...placeOf(image),
      outcome: 'scored',
      ...describeScore(scored, image, model).description,
      pixelDigest: pixelDigest(picture),
    },
    map: writeNpy(map, [mapSide, mapSide]),
  };
}

function placeOf({ id, fileName, frame, split, label, group }: Image) {
  return {
    imageId: id,
    fileName,
    ...(frame !== undefined && { frame }),
    split,
    label,
    ...(group !== undefined && { group }),
  };
}
