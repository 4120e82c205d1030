import type { GroupScoreAnswer, JobOf, Model } from '@mediclip/contracts';
import { decideGroup, defaultHighest, groupPromise, groupScores } from '@mediclip/evaluation';
import { InvalidCursor, RecordNotFound, type ResultRow, type TenantStore } from '@mediclip/store';

/** All groups of a scoring, highest score first, and what is said of them. */
export interface JobGroups {
  readonly groups: readonly GroupScoreAnswer[];
  readonly highest: number;
  readonly promise: string;
}

/**
 * The scores of the groups of a scoring that has succeeded, with decisions by the present calibration of its model
 * where that knows groups of as many highest scores.
 */
export async function jobGroups(
  { results, models }: Pick<TenantStore, 'results' | 'models'>,
  { id, request }: JobOf<'scoring'>,
  asked: number | undefined,
): Promise<JobGroups> {
  const calibration = await calibrationOf(models, request.modelId);
  const highest = asked ?? calibration?.groups?.highest ?? defaultHighest;
  const known = calibration?.groups?.highest === highest ? calibration.groups : undefined;
  const members = (await results.rows(id)).flatMap((row) =>
    row.score === undefined ? [] : [{ row, group: row.group, score: row.score, logit: row.scoreLogit }],
  );
  const groups = groupScores(members, highest)
    .toSorted((a, b) => (b.logit ?? b.score) - (a.logit ?? a.score))
    .map((one): GroupScoreAnswer => {
      const images = one.members.map(({ row, score }) => ({ row, score }));
      return {
        ...(one.group !== undefined && { group: one.group }),
        images: images.length,
        label: images.some(({ row }) => row.label === 'abnormal') ? 'abnormal' : 'normal',
        score: Math.min(1, one.score),
        ...(one.logit !== undefined && { scoreLogit: one.logit }),
        highestImages: images.slice(0, highest).map(({ row, score }) => ({ ...placeOf(row), score })),
        ...(known && decideGroup(one, known)),
      };
    });
  const promise = known ? (groupPromise(calibration) ?? '') : unpromised(calibration, highest);
  return { groups, highest, promise };
}

function placeOf({ imageId, fileName, frame }: ResultRow) {
  return { imageId, fileName, ...(frame !== undefined && { frame }) };
}

function unpromised(calibration: Model['calibration'], highest: number): string {
  if (calibration === null) return 'The model is not calibrated, so nothing is promised of groups.';
  if (!calibration.groups) {
    return 'No calibration image has a group, so nothing is promised of groups: calibrate the model with images that have groups.';
  }
  return `The calibration takes the ${calibration.groups.highest} highest scores of a group, so nothing is promised of the mean of ${highest}.`;
}

/** Null of a model that is gone, too. */
async function calibrationOf(models: TenantStore['models'], modelId: string): Promise<Model['calibration']> {
  try {
    return (await models.get(modelId)).calibration;
  } catch (error) {
    if (error instanceof RecordNotFound) return null;
    throw error;
  }
}

/** The page behind the cursor, which is the number of groups before it. */
export function pageOfGroups<T>(
  groups: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): { readonly items: T[]; readonly nextCursor?: string } {
  const begin = Number(cursor ?? 0);
  if (!Number.isInteger(begin) || begin < 0 || begin > groups.length) {
    throw new InvalidCursor('The cursor is none that a page gave: begin again without a cursor.');
  }
  const end = begin + limit;
  return { items: groups.slice(begin, end), ...(end < groups.length && { nextCursor: String(end) }) };
}
