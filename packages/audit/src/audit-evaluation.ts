import type { EvaluationAudit } from '@mediclip/contracts';
import { type Figure, imageAuroc, publishedFigure } from '@mediclip/evaluation';
import type { AuditOutcome } from './audit-images.js';
import { cueBesideModel } from './cues/cue-beside-model.js';
import { cueFigures } from './cues/cues.js';
import { cuesOf, type ImageToAudit } from './image-to-audit.js';

/** What the audit of a data set says of a model's scores of some of its test images. */
export interface AuditedEvaluation extends Pick<EvaluationAudit, 'warnings'> {
  readonly withoutCopies: Omit<EvaluationAudit['withoutCopies'], 'auroc'> & { readonly auroc: Figure };
  readonly bestCue?: Omit<NonNullable<EvaluationAudit['bestCue']>, 'modelAuroc'> & { readonly modelAuroc: Figure };
}

/**
 * The AUROC without test images that training images or earlier test images show too, and the cue that tells most
 * beside the model. `scores` has the model's score (higher = more abnormal) of each evaluated image by its id.
 */
export function auditEvaluation(
  images: readonly ImageToAudit[],
  { findings, copyGroups }: AuditOutcome,
  scores: ReadonlyMap<string, number>,
): AuditedEvaluation {
  const evaluated = images.flatMap((image, place) => {
    const score = scores.get(image.imageId);
    return score === undefined || image.split !== 'test' ? [] : [{ image, place, score }];
  });
  const isAbnormal = ({ image }: { readonly image: ImageToAudit }) => image.label === 'abnormal';
  const isEvaluated = new Set(evaluated.map(({ place }) => place));
  const copied = new Set(copyGroups.flatMap((group) => superfluous(images, group, isEvaluated)));
  const kept = evaluated.filter(({ place }) => !copied.has(place));
  const auroc = (chosen: typeof evaluated) =>
    imageAuroc(
      chosen.map(({ score }) => score),
      chosen.map(isAbnormal),
    );
  const cues = evaluated.map(({ image }) => cuesOf(image));
  const abnormal = evaluated.map(isAbnormal);
  const [best] = cueFigures(cues, abnormal);
  const modelScores = evaluated.map(({ score }) => score);
  return {
    warnings: findings.warnings,
    withoutCopies: { images: kept.length, leftOut: evaluated.length - kept.length, auroc: auroc(kept) },
    ...(best && {
      bestCue: {
        ...best,
        modelAuroc: auroc(evaluated),
        ...cueBesideModel(best, cues, modelScores, abnormal),
      },
    }),
  };
}

/**
 * The copies of a group that no figure should count: all where a training image is among them or labels differ, else
 * all but the first evaluated one.
 */
function superfluous(
  images: readonly ImageToAudit[],
  group: readonly number[],
  isEvaluated: ReadonlySet<number>,
): readonly number[] {
  const own = group.flatMap((place) => images[place] ?? []);
  const isSpoilt = own.some(({ split }) => split === 'train') || new Set(own.map(({ label }) => label)).size > 1;
  return isSpoilt ? group : group.filter((place) => isEvaluated.has(place)).slice(1);
}

/** What an audit says of the figures, as clients read it. */
export function evaluationAudit({ warnings, withoutCopies, bestCue }: AuditedEvaluation): EvaluationAudit {
  return {
    warnings,
    withoutCopies: { ...withoutCopies, auroc: publishedFigure(withoutCopies.auroc) },
    ...(bestCue && { bestCue: { ...bestCue, modelAuroc: publishedFigure(bestCue.modelAuroc) } }),
  };
}
