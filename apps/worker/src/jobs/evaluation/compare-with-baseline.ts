import type { Comparison } from '@mediclip/contracts';
import { type BaselineComparison, comparisonFigures } from '@mediclip/evaluation';
import type { AnomalyMap } from '@mediclip/maps';
import type { ModelCache } from '../../models/model-cache.js';
import type { JobContext } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { type EvaluatedImage, logitsOf } from './evaluated-image.js';
import type { EvaluationThread } from './evaluation-thread.js';
import { modelTitle } from './model-title.js';

type Dependencies = ScoreImagesDependencies & { readonly models: ModelCache };

/** The comparison as clients read it, and as the report shows it. */
export interface ComparedModels {
  readonly figures: Comparison;
  readonly shown: BaselineComparison;
}

type RankedImage = Pick<AnomalyMap, 'score' | 'logit'>;

/** What images are ranked by: logits, which do not saturate, if all have one. */
function ranks(images: readonly RankedImage[]): number[] {
  return logitsOf(images) ?? images.map(({ score }) => score);
}

/**
 * Scores the evaluated images with the baseline too and tests both models on those that it could score; nothing without
 * a baseline.
 */
export async function compareWithBaseline(
  dependencies: Dependencies,
  context: JobContext<'evaluation'>,
  evaluated: readonly EvaluatedImage[],
  thread: EvaluationThread,
): Promise<ComparedModels | undefined> {
  const { baselineModelId } = context.job.request;
  if (baselineModelId === undefined) return undefined;
  return dependencies.models.use(context.tenant, baselineModelId, async (ready) => {
    const images = evaluated.map(({ image }) => image);
    const both: { own: RankedImage; baseline: RankedImage; abnormal: boolean }[] = [];
    let done = 0;
    for await (const { image, scored } of scoreImages(dependencies, context, ready, images)) {
      const own = evaluated[done]!;
      context.report({ phase: 'comparing', done: ++done, total: images.length });
      if (scored === undefined) continue;
      both.push({ own, baseline: scored, abnormal: image.label === 'abnormal' });
    }
    const compared = {
      scores: ranks(both.map(({ own }) => own)),
      baselineScores: ranks(both.map(({ baseline }) => baseline)),
      abnormal: both.map(({ abnormal }) => abnormal),
    };
    const result = await thread.run('compare', compared, { signal: context.signal });
    return {
      figures: comparisonFigures(result, { baselineModelId, images: both.length }),
      shown: { baselineName: await modelTitle(context.tenant, ready.model), images: both.length, result },
    };
  });
}
