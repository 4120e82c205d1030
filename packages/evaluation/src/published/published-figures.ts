import type {
  Comparison,
  GroupFigures,
  ImageFigures,
  PixelFigures,
  Figure as PublishedFigure,
} from '@mediclip/contracts';
import type { GroupMetrics } from '../groups/group-metrics.js';
import type { PairedDeLong } from '../image/compare-models.js';
import type { ImageMetrics } from '../image/image-metrics.js';
import type { Figure, ThresholdFigure } from '../outcome.js';
import type { PixelMetrics } from '../pixel/pixel-metrics.js';

/** The figures of whole images as clients read them. */
export function imageFigures({ auroc, averagePrecision, f1Max, sensitivityAtSpecificity }: ImageMetrics): ImageFigures {
  const sensitivityAt = (wanted: number): PublishedFigure => {
    const found = sensitivityAtSpecificity.find(({ specificity }) => specificity === wanted);
    if (found === undefined) throw new Error(`There is no sensitivity at specificity ${wanted}; this is a bug.`);
    return publishedFigure(found.sensitivity);
  };
  return {
    auroc: publishedFigure(auroc),
    averagePrecision: publishedFigure(averagePrecision),
    f1Max: publishedFigure(f1Max),
    sensitivityAtSpecificity90: sensitivityAt(0.9),
    sensitivityAtSpecificity95: sensitivityAt(0.95),
  };
}

/** The figures of groups as clients read them. */
export function groupFigures({
  highest,
  normalGroups: normal,
  abnormalGroups: abnormal,
  auroc,
  imageAuroc,
}: GroupMetrics): GroupFigures {
  return { highest, normal, abnormal, auroc: publishedFigure(auroc), imageAuroc: publishedFigure(imageAuroc) };
}

/** The figures of pixels as clients read them; without any mask each says that. */
export function pixelFigures(
  { auroc, averagePrecision, aupro, bestDice, thresholdDice }: PixelMetrics,
  masks: number,
): PixelFigures {
  if (masks === 0) {
    const unknown = { value: null, reason: 'No abnormal image has a mask.' };
    return {
      auroc: unknown,
      averagePrecision: unknown,
      aupro30: unknown,
      diceBest: unknown,
      diceCalibrated: unknown,
    };
  }
  const upTo30 = aupro.find(({ limit }) => limit === 0.3);
  if (upTo30 === undefined) throw new Error('There is no AUPRO up to 0.3; this is a bug.');
  return {
    auroc: publishedFigure(auroc),
    averagePrecision: publishedFigure(averagePrecision),
    aupro30: publishedFigure(upTo30.area),
    diceBest: publishedFigure(bestDice),
    diceCalibrated: thresholdDice
      ? publishedFigure(thresholdDice)
      : { value: null, reason: 'The maps of the model are not calibrated.' },
  };
}

/** A comparison with a baseline (model B) as clients read it. */
export function comparisonFigures(
  { aurocA, aurocB, difference, test }: PairedDeLong,
  { baselineModelId, images }: Pick<Comparison, 'baselineModelId' | 'images'>,
): Comparison {
  return {
    baselineModelId,
    images,
    auroc: publishedFigure(aurocA),
    baselineAuroc: publishedFigure(aurocB),
    difference: publishedDifference(difference),
    test: test.defined ? { value: test.pValue, z: test.z } : { value: null, reason: test.reason },
  };
}

function publishedDifference(difference: PairedDeLong['difference']): Comparison['difference'] {
  if (!difference.defined) return { value: null, reason: difference.reason };
  const { value, interval } = difference;
  if (!interval.defined) return { value };
  const { low, high, level } = interval;
  return { value, interval: { low, high, level } };
}

/** A figure as clients read it. */
export function publishedFigure(figure: Figure | ThresholdFigure): PublishedFigure {
  if (!figure.defined) return { value: null, reason: figure.reason };
  const { value, interval } = figure;
  return {
    value: share(value),
    ...(interval.defined && { interval: intervalOf(interval) }),
    ...('threshold' in figure && { threshold: figure.threshold }),
    ...('thresholdLogit' in figure && { thresholdLogit: figure.thresholdLogit }),
  };
}

function intervalOf({
  low,
  high,
  level,
  method,
}: {
  low: number;
  high: number;
  level: number;
  method: 'delong' | 'delong-logit' | 'bootstrap';
}) {
  return { low: share(low), high: share(high), level, method };
}

/** Float arithmetic may leave the range of a share by its last bit. */
const share = (value: number) => Math.min(1, Math.max(0, value));
