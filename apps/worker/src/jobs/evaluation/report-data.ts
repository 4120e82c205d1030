import type { Dataset, Image } from '@mediclip/contracts';
import {
  type BaselineComparison,
  type CaseChoice,
  chooseCases,
  describeScore,
  modelCardFacts,
  type ReportCase,
  type ReportData,
} from '@mediclip/evaluation';
import type { WorkerDependencies } from '../../dependencies.js';
import { listedBackbone } from '../../models/listed-backbone.js';
import type { ReadyModel } from '../../models/model-cache.js';
import type { JobContext } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import type { Figures } from './evaluation-thread.js';
import { maskPicture, picture } from './pictures.js';

/** An image that is in the figures. */
export interface EvaluatedImage {
  readonly image: Image;
  readonly score: number;
}

export interface ReportContent {
  readonly dataset: Pick<Dataset, 'name'>;
  readonly datasetDigest: string;
  readonly evaluated: readonly EvaluatedImage[];
  readonly figures: Figures;
  readonly comparison: BaselineComparison | undefined;
  readonly masks: number;
  readonly rejected: number;
}

type Context = Pick<JobContext, 'tenant' | 'signal' | 'attempt'>;
type Dependencies = ScoreImagesDependencies & Pick<WorkerDependencies, 'imagingPool'>;

/** What the report of an evaluation shows. The images of its cases are scored once more, for their maps were not kept. */
export async function reportData(
  dependencies: Dependencies,
  context: Context,
  ready: ReadyModel,
  content: ReportContent,
): Promise<ReportData> {
  const { dataset, datasetDigest, evaluated, figures, comparison, masks, rejected } = content;
  const { model } = ready;
  return {
    modelName: model.name ?? model.id,
    createdAt: new Date().toISOString(),
    dataset: { name: dataset.name, digest: datasetDigest, masks, rejected },
    scores: evaluated.map(({ image, score }) => ({ score, abnormal: image.label === 'abnormal' })),
    image: figures.image,
    ...(masks > 0 && { pixel: figures.pixel }),
    ...(model.calibration && { calibration: model.calibration }),
    ...(model.manualThreshold && { manualThreshold: model.manualThreshold }),
    ...(comparison && { comparison }),
    cases: await cases(dependencies, context, ready, evaluated),
    history: model.lossHistory,
    selectedEpoch: model.selectedEpoch,
    modelCard: modelCardFacts(model, listedBackbone(model.configuration.backbone)),
  };
}

async function cases(
  dependencies: Dependencies,
  context: Context,
  ready: ReadyModel,
  evaluated: readonly EvaluatedImage[],
): Promise<ReportCase[]> {
  const chosen = chooseCases(
    evaluated.map(({ score }) => score),
    evaluated.map(({ image }) => image.label === 'abnormal'),
  );
  const images = chosen.map(({ index }) => evaluated[index]!.image);
  const shown: ReportCase[] = [];
  for await (const { image, scored, problem } of scoreImages(dependencies, context, ready, images)) {
    if (problem) throw problem;
    const { group, index } = chosen[shown.length] as CaseChoice;
    const bytes = await context.tenant.images.bytes(image);
    const { signal } = context;
    const { map, mapSide } = scored;
    const { mapRegions: regions } = describeScore(scored, image, ready.model);
    const overlay = await dependencies.imagingPool.overlay(bytes, map, mapSide, { regions }, { signal });
    const maskBytes = await context.tenant.images.maskBytes(image);
    shown.push({
      group,
      name: image.fileName,
      score: evaluated[index]!.score,
      image: await picture(dependencies.imagingPool, bytes, signal),
      overlay,
      ...(maskBytes && { mask: await maskPicture(dependencies.imagingPool, maskBytes, signal) }),
    });
  }
  return shown;
}
