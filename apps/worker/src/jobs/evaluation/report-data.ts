import { type AuditedEvaluation, cueWords } from '@mediclip/audit';
import type { Dataset, Evaluation, ForeignImages, Image } from '@mediclip/contracts';
import {
  type BaselineComparison,
  chooseCases,
  type ForeignCase,
  groupPromise,
  modelCardFacts,
  type ReportAudit,
  type ReportCase,
  type ReportData,
  type ReportForeign,
  regionThresholdOf,
} from '@mediclip/evaluation';
import { ImageError } from '@mediclip/imaging';
import type { AnomalyMap } from '@mediclip/maps';
import { DamagedContent, RecordNotFound } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import { listedBackbone } from '../../models/listed-backbone.js';
import type { ReadyModel } from '../../models/model-cache.js';
import type { JobContext } from '../job-context.js';
import { type EvaluatedImage, logitsOf } from './evaluated-image.js';
import type { Figures } from './evaluation-thread.js';
import { modelTitle } from './model-title.js';
import type { ShownMaps } from './shown-maps.js';

type MaskShares = NonNullable<Evaluation['images']['maskShares']>;

export interface ReportContent {
  readonly dataset: Pick<Dataset, 'name'>;
  readonly datasetDigest: string;
  readonly evaluated: readonly EvaluatedImage[];
  readonly maps: ShownMaps;
  readonly figures: Figures;
  readonly foreign: ForeignImages | undefined;
  readonly comparison: BaselineComparison | undefined;
  readonly audit: AuditedEvaluation;
  readonly masks: number;
  readonly maskShares: MaskShares | undefined;
  readonly leftOut: LeftOut;
}

/** How many test images are in no figure, by the reason. */
export interface LeftOut {
  readonly rejected: number;
  readonly copies: number;
  readonly learned: number;
}

type Context = Pick<JobContext, 'tenant' | 'signal' | 'log'>;
type Dependencies = Pick<WorkerDependencies, 'imagingPool'>;

/** Longer side of a picture in the report, in pixels. */
const longerSide = 384;

/** So many images of another kind are shown; others are named. */
const foreignPictures = 6;

/** What the report of an evaluation shows. A case whose file cannot be read any more is left out. */
export async function reportData(
  dependencies: Dependencies,
  context: Context,
  ready: ReadyModel,
  content: ReportContent,
): Promise<ReportData> {
  const { dataset, datasetDigest, evaluated, figures, comparison, audit, masks, maskShares, leftOut } = content;
  const { model } = ready;
  return {
    modelName: await modelTitle(context.tenant, model),
    createdAt: new Date().toISOString(),
    dataset: { name: dataset.name, digest: datasetDigest, masks, ...(maskShares && { maskShares }), ...leftOut },
    scores: evaluated.map(({ image, score, logit }) => ({ score, logit, abnormal: image.label === 'abnormal' })),
    image: figures.image,
    ...(masks > 0 && { pixel: figures.pixel }),
    groups: figures.groups,
    groupPromise: groupPromise(model.calibration),
    ...(model.calibration && { calibration: model.calibration }),
    ...(model.manualThreshold && { manualThreshold: model.manualThreshold }),
    ...(comparison && { comparison }),
    foreign: await reportForeign(dependencies, context, ready, content),
    audit: reportAudit(audit),
    regionThreshold: regionThresholdOf(model),
    cases: await cases(dependencies, context, ready, content),
    history: model.lossHistory,
    selectedEpoch: model.selectedEpoch,
    modelCard: modelCardFacts(model, listedBackbone(model.configuration.backbone)),
  };
}

function reportAudit({ warnings, withoutCopies, bestCue }: AuditedEvaluation): ReportAudit {
  return { warnings, withoutCopies, ...(bestCue && { bestCue: { ...bestCue, name: cueWords[bestCue.cue] } }) };
}

async function cases(
  dependencies: Dependencies,
  context: Context,
  ready: ReadyModel,
  { evaluated, maps }: ReportContent,
): Promise<ReportCase[]> {
  const chosen = chooseCases(
    logitsOf(evaluated) ?? evaluated.map(({ score }) => score),
    evaluated.map(({ image }) => image.label === 'abnormal'),
  );
  const shown: ReportCase[] = [];
  for (const { group, index } of chosen) {
    const { image } = evaluated[index]!;
    await unlessGone(context, image, async () => {
      shown.push({ group, ...(await caseOf(dependencies, context, ready, image, maps.of(index))) });
    });
  }
  return shown;
}

async function reportForeign(
  { imagingPool }: Dependencies,
  context: Context,
  { model: { intensity } }: ReadyModel,
  { evaluated, foreign, figures }: ReportContent,
): Promise<ReportForeign | undefined> {
  if (foreign === undefined) return undefined;
  const { tenant, signal } = context;
  const images = new Map(evaluated.map(({ image }) => [image.id, image]));
  const wants = { picture: { longerSide, of: 'image' }, intensity } as const;
  const cases: ForeignCase[] = [];
  for (const [place, { fileName: name, ...named }] of foreign.images.entries()) {
    const image = images.get(named.imageId)!;
    await unlessGone(context, image, async () => {
      const shown =
        place < foreignPictures
          ? await imagingPool.frame(await tenant.images.bytes(image), wants, { signal, caller: tenant.tenant })
          : undefined;
      cases.push({ ...named, name, image: shown?.picture });
    });
  }
  return { count: foreign.count, aurocWithout: figures.aurocWithoutForeign, cases };
}

/** Shows an image, unless its file cannot be read any more. */
async function unlessGone(context: Context, image: Image, show: () => Promise<void>): Promise<void> {
  try {
    await show();
  } catch (error) {
    const isGone = error instanceof ImageError || error instanceof DamagedContent || error instanceof RecordNotFound;
    if (!isGone) throw error;
    context.log.warn({ imageId: image.id, err: error }, 'case left out of the report');
  }
}

async function caseOf(
  { imagingPool }: Dependencies,
  { tenant, signal }: Context,
  { model }: ReadyModel,
  image: Image,
  scored: AnomalyMap,
): Promise<Omit<ReportCase, 'group'>> {
  const { map, mapSide, score } = scored;
  const options = { signal, caller: tenant.tenant };
  const wants = {
    picture: { longerSide, of: 'image' },
    overlay: { map, mapSide, from: regionThresholdOf(model), alone: true },
    intensity: model.intensity,
  } as const;
  const { picture, overlay } = await imagingPool.frame(await tenant.images.bytes(image), wants, options);
  const maskBytes = await tenant.images.maskBytes(image);
  const mask = maskBytes && (await imagingPool.frame(maskBytes, { picture: { longerSide, of: 'mask' } }, options));
  return {
    imageId: image.id,
    name: image.fileName,
    score,
    image: picture,
    overlay,
    ...(mask && { mask: mask.picture }),
  };
}
