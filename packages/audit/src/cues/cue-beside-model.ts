import type { CueFigure } from '@mediclip/contracts';
import { imageAuroc, rankCorrelation } from '@mediclip/evaluation';
import { type CueSource, cueValues } from './cues.js';

const strata = 5;

/**
 * A model beside the cue that tells most: how far its scores follow the cue, and what it tells where the cue tells
 * little.
 */
export function cueBesideModel(
  { cue, higherIn }: Pick<CueFigure, 'cue' | 'higherIn'>,
  images: readonly CueSource[],
  scores: readonly number[],
  abnormal: readonly boolean[],
): { readonly rankCorrelation: number; readonly aurocWithinStrata: number | null } {
  const values = cueValues(cue, images, abnormal);
  const correlation = rankCorrelation(values, scores);
  return {
    rankCorrelation: higherIn === 'abnormal' ? correlation : 0 - correlation,
    aurocWithinStrata: withinStrata(values, scores, abnormal),
  };
}

/**
 * The mean AUROC over fifths of the cue, each weighted with its pairs of a normal and an abnormal image; equal values
 * stay in one fifth.
 */
function withinStrata(
  values: readonly number[],
  scores: readonly number[],
  abnormal: readonly boolean[],
): number | null {
  const firstPlace = new Map<number, number>();
  for (const [place, value] of [...values].sort((a, b) => a - b).entries()) {
    if (!firstPlace.has(value)) firstPlace.set(value, place);
  }
  const members = values.map((value) => Math.floor(((firstPlace.get(value) ?? 0) * strata) / values.length));
  let pairs = 0;
  let ordered = 0;
  for (let stratum = 0; stratum < strata; stratum++) {
    const own = [...members.keys()].filter((i) => members[i] === stratum);
    const labels = own.map((i) => abnormal[i] === true);
    const auroc = imageAuroc(
      own.map((i) => scores[i] ?? 0),
      labels,
    );
    const positives = labels.filter(Boolean).length;
    const weight = positives * (labels.length - positives);
    if (!auroc.defined) continue;
    pairs += weight;
    ordered += weight * auroc.value;
  }
  return pairs === 0 ? null : ordered / pairs;
}
