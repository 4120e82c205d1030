import {
  fileNameSchema,
  foreignSchema,
  groupSchema,
  idSchema,
  labelSchema,
  type ScoringResult,
  splitSchema,
} from '@mediclip/contracts';
import { z } from 'zod';

/** What lists and tables of results need of each: small, so that those of 20,000 images are read at once. */
const rowSchema = z.strictObject({
  imageId: idSchema,
  fileName: fileNameSchema,
  frame: z.int().min(1).optional(),
  split: splitSchema,
  label: labelSchema,
  group: groupSchema.optional(),
  outcome: z.enum(['scored', 'rejected']),
  score: z.number().optional(),
  scoreLogit: z.number().optional(),
  decision: z.enum(['normal', 'abnormal']).optional(),
  pValue: z.number().optional(),
  kinship: z.number().optional(),
  foreign: foreignSchema.optional(),
});

/** Indexes of earlier versions are made again: their rows lack fields. */
export const resultIndexVersion = 2;

/** The rows of all results of a scoring that has succeeded, in order of upload. */
export const resultIndexSchema = z.strictObject({
  schemaVersion: z.literal([1, resultIndexVersion]),
  rows: z.array(rowSchema),
});

export type ResultRow = z.infer<typeof rowSchema>;

/** In which order and which of the results. */
export interface ResultQuery {
  readonly sort?: 'score' | '-score' | 'name' | undefined;
  readonly label?: ResultRow['label'] | undefined;
  readonly decision?: ResultRow['decision'];
  /** The lowest score; images that could not be scored have none. */
  readonly minScore?: number | undefined;
  readonly maxScore?: number | undefined;
}

export function rowOf(result: ScoringResult): ResultRow {
  const { imageId, fileName, frame, split, label, group, outcome } = result;
  const row = {
    ...{ imageId, fileName, ...(frame !== undefined && { frame }), split, label },
    ...(group !== undefined && { group }),
    outcome,
  };
  if (result.outcome === 'rejected') return row;
  const { score, scoreLogit, decision, pValue, kinship, foreign } = result;
  return {
    ...row,
    score,
    ...(scoreLogit !== undefined && { scoreLogit }),
    ...(decision && { decision }),
    ...(pValue !== undefined && { pValue }),
    ...(kinship !== undefined && { kinship }),
    ...(foreign && { foreign }),
  };
}

/**
 * The rows behind the image `after` that the query asks for, in its order; equal ones stay in order of upload, and
 * images without a score come last. Undefined when there is no such image.
 */
export function selectRows(
  rows: readonly ResultRow[],
  query: ResultQuery,
  after?: string,
): readonly ResultRow[] | undefined {
  const sorted = query.sort ? rows.toSorted(orders[query.sort]) : rows;
  const begin = after === undefined ? 0 : sorted.findIndex(({ imageId }) => imageId === after) + 1;
  if (after !== undefined && begin === 0) return undefined;
  return sorted.slice(begin).filter((row) => isAskedFor(row, query));
}

const byScore = (sign: 1 | -1) => (a: ResultRow, b: ResultRow) => {
  if (a.score === undefined || b.score === undefined)
    return Number(a.score === undefined) - Number(b.score === undefined);
  return sign * (a.score - b.score);
};

const orders = {
  score: byScore(1),
  '-score': byScore(-1),
  name: (a: ResultRow, b: ResultRow) => (a.fileName < b.fileName ? -1 : Number(a.fileName > b.fileName)),
} as const;

function isAskedFor(row: ResultRow, { label, decision, minScore, maxScore }: ResultQuery): boolean {
  if ((label ?? row.label) !== row.label || (decision ?? row.decision) !== row.decision) return false;
  if (minScore === undefined && maxScore === undefined) return true;
  return row.score !== undefined && row.score >= (minScore ?? 0) && row.score <= (maxScore ?? 1);
}
