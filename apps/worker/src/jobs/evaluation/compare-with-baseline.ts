import type { Comparison } from '@mediclip/contracts';
import type { BaselineComparison } from '@mediclip/evaluation';
import type { ModelCache } from '../../models/model-cache.js';
import type { JobContext } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { comparisonFigures } from './evaluation-figures.js';
import type { EvaluationThread } from './evaluation-thread.js';
import type { EvaluatedImage } from './report-data.js';

type Dependencies = ScoreImagesDependencies & { readonly models: ModelCache };

/** The comparison as clients read it, and as the report shows it. */
export interface ComparedModels {
  readonly figures: Comparison;
  readonly shown: BaselineComparison;
}

/** Scores the evaluated images with the baseline too and tests both models on those that it could score; nothing without a baseline. */
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
    const [scores, baselineScores, abnormal]: [number[], number[], boolean[]] = [[], [], []];
    let done = 0;
    for await (const { image, scored } of scoreImages(dependencies, context, ready, images)) {
      const { score } = evaluated[done]!;
      context.report({ phase: 'comparing', done: ++done, total: images.length });
      if (scored === undefined) continue;
      scores.push(score);
      baselineScores.push(scored.score);
      abnormal.push(image.label === 'abnormal');
    }
    const { signal } = context;
    const result = await thread.run('compare', { scores, baselineScores, abnormal }, { signal });
    return {
      figures: comparisonFigures(result, { baselineModelId, images: scores.length }),
      shown: { baselineName: ready.model.name ?? ready.model.id, images: scores.length, result },
    };
  });
}
