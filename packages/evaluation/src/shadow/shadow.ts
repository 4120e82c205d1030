import type { Alias, Comparison, Label, ShadowRecord, ShadowReport } from '@mediclip/contracts';
import { shadowRingLength } from '@mediclip/contracts/words';
import { compareModels } from '../image/compare-models.js';
import { comparisonFigures } from '../published/published-figures.js';
import { clopperPearsonInterval } from '../statistics/clopper-pearson.js';

const histogramBins = 20;

/** What one of two models said of an image. */
interface Said {
  readonly score: number;
  readonly logit?: number | undefined;
  /** Undefined for a model without a threshold. */
  readonly decision?: Label | undefined;
}

/** An image that a model and its shadow have scored. */
export interface ShadowedImage {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly model: Said;
  readonly shadow: Said;
  /** SHA-256 of its pixels as they are scored. */
  readonly pixelDigest: string;
}

/** What came of the images of some requests. */
export interface ShadowOutcome {
  readonly scored: readonly ShadowedImage[];
  readonly dropped: number;
  readonly failed: number;
}

/** A model and its shadow. */
export type ShadowPair = Pick<ShadowRecord, 'modelId' | 'shadowModelId'>;

/** The record with what came of further images; of another pair of models, it begins anew. */
export function observeShadow(
  record: ShadowRecord | undefined,
  pair: ShadowPair,
  { scored, dropped, failed }: ShadowOutcome,
): ShadowRecord {
  const present = isOf(record, pair) ? record : undefined;
  const rows = scored.map(({ atMs, model, shadow, pixelDigest }): ShadowRecord['ring'][number] => [
    atMs,
    model.logit ?? model.score,
    shadow.logit ?? shadow.score,
    model.score,
    shadow.score,
    model.decision ?? null,
    shadow.decision ?? null,
    pixelDigest,
  ]);
  return {
    schemaVersion: 1,
    ...pair,
    scored: (present?.scored ?? 0) + scored.length,
    dropped: (present?.dropped ?? 0) + dropped,
    failed: (present?.failed ?? 0) + failed,
    ring: [...(present?.ring ?? []), ...rows].slice(-shadowRingLength),
  };
}

/**
 * A model and its shadow on the images of the record; `verdicts` are what people say of pictures, by the digest of
 * their pixels.
 */
export function describeShadow(
  { name, modelId, shadow }: Pick<Alias, 'name' | 'modelId'> & { readonly shadow: NonNullable<Alias['shadow']> },
  record: ShadowRecord | undefined,
  verdicts: ReadonlyMap<string, Label>,
): ShadowReport {
  const present = isOf(record, { modelId, shadowModelId: shadow.modelId }) ? record : undefined;
  const ring = present?.ring ?? [];
  const decided = ring.filter(([, , , , , own, other]) => own !== null && other !== null);
  const alike = decided.filter(([, , , , , own, other]) => own === other).length;
  const comparison = compare(ring, verdicts, modelId);
  return {
    name,
    modelId,
    shadow,
    images: present?.scored ?? 0,
    dropped: present?.dropped ?? 0,
    failed: present?.failed ?? 0,
    scores: {
      model: histogram(ring.map(([, , , score]) => score)),
      shadow: histogram(ring.map(([, , , , score]) => score)),
    },
    ...(decided.length > 0 && {
      agreement: {
        images: decided.length,
        share: alike / decided.length,
        ...clopperPearsonInterval(alike, decided.length),
      },
    }),
    ...(comparison && { comparison }),
  };
}

/**
 * The shadow (A) beside the model (the baseline, B) on the pictures that people have judged, each once, as it was
 * scored last.
 */
function compare(
  ring: ShadowRecord['ring'],
  verdicts: ReadonlyMap<string, Label>,
  modelId: string,
): Omit<Comparison, 'baselineModelId'> | undefined {
  const latest = new Map(ring.filter(([, , , , , , , digest]) => verdicts.has(digest)).map((row) => [row[7], row]));
  if (latest.size === 0) return undefined;
  const rows = [...latest.values()];
  const result = compareModels(
    rows.map(([, , rank]) => rank),
    rows.map(([, rank]) => rank),
    rows.map(([, , , , , , , digest]) => verdicts.get(digest) === 'abnormal'),
  );
  const { baselineModelId, ...figures } = comparisonFigures(result, { baselineModelId: modelId, images: rows.length });
  return figures;
}

const isOf = (record: ShadowRecord | undefined, { modelId, shadowModelId }: ShadowPair): record is ShadowRecord =>
  record?.modelId === modelId && record.shadowModelId === shadowModelId;

function histogram(scores: readonly number[]): number[] {
  const counts = Array.from({ length: histogramBins }, () => 0);
  for (const score of scores) {
    const bin = Math.min(histogramBins - 1, Math.floor(score * histogramBins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
