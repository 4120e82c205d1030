import { type Model, ProblemError } from '@mediclip/contracts';

/** What the record of an imported model is held against. */
export interface RecordBounds {
  /** Images of the largest data set that a calibration can come from. */
  readonly calibrationImages: number;
  readonly nowMs: number;
}

/** Before any model; a clock that was never set begins earlier. */
const earliestMs = Date.UTC(2000, 0, 1);
/** How far the clock of the instance that made a model may be ahead of this one. */
const clockSkewMs = 86_400_000;
const mostVersions = 32;
/** Scores, logits and peaks of a calibration and its groups, ids, digests and groups of what was added, and copies. */
const valuesPerImage = 12;
/** The losses of the longest training, and the rest. */
const otherValues = 60_000;
const longestWord = 100;

/**
 * Throws `model-archive-invalid` for JSON of more values than a record of so many images and epochs has. To read it by
 * the schema of records would take seconds: millions of values that are none of a record are as many faults.
 */
export function assertFewValues(json: unknown, { calibrationImages }: Pick<RecordBounds, 'calibrationImages'>): void {
  let left = valuesPerImage * calibrationImages + otherValues;
  const open = [json];
  while (open.length > 0) {
    const inside = Object.values(open.pop() as object);
    left -= inside.length;
    if (left < 0) {
      throw new ProblemError(
        'model-archive-invalid',
        'The archive is no exported model. Its record has too many values.',
      );
    }
    for (const value of inside) if (typeof value === 'object' && value !== null) open.push(value);
  }
}

/** Throws `model-archive-invalid` for a record that no adaptation, calibration or person here could have made. */
export function assertWithinBounds(model: Model, { calibrationImages, nowMs }: RecordBounds): void {
  const { configuration, lineage, lossHistory, selectedEpoch, calibration } = model;
  const { shots, training } = configuration;
  const words = [lineage.device, lineage.backbone, ...Object.entries(lineage.versions).flat()];
  const times = [model.createdAt, model.importedAt, calibration?.createdAt, model.manualThreshold?.setAt];
  const { added = [], copies = [], pixelDigests } = lineage;
  const images = lineage.imageIds.length;
  const faults: readonly (readonly [string, boolean])[] = [
    ['lineage.imageIds has more images than shots', images > shots],
    ['lineage.pixelDigests are not one for each image', !isPerImage(pixelDigests, images)],
    ['lineage.copies has more images than a data set', copies.length > calibrationImages],
    ['lineage.added has more images than a data set', added.some((one) => one.imageIds.length > calibrationImages)],
    ['lineage.added has images without digests', added.some((one) => one.imageIds.length !== one.pixelDigests.length)],
    ['lineage.versions has too many entries', Object.keys(lineage.versions).length > mostVersions],
    ['lineage has a name that is too long', words.some((word) => word.length > longestWord)],
    ['lossHistory has more epochs than the training', lossHistory.length > training.epochs],
    ['selectedEpoch is beyond the training', selectedEpoch > training.epochs],
    ['calibration has more images than a data set', (calibration?.images ?? 0) > calibrationImages],
    ['calibration.scores are not one for each image', !isPerImage(calibration?.scores, calibration?.images)],
    [
      'calibration.groups are more than its images, or have other scores',
      !isPerImage(calibration?.groups?.scores, calibration?.groups?.count) ||
        (calibration?.groups?.count ?? 0) > (calibration?.images ?? 0),
    ],
    ['lineage.groups has more groups than images', (lineage.groups ?? []).length > lineage.imageIds.length],
    ['calibration.scoreLogits are not one for each image', !isPerImage(calibration?.scoreLogits, calibration?.images)],
    ['calibration.mapPeaks are not one for each image', !isPerImage(calibration?.mapPeaks, calibration?.images)],
    ['a time is before 2000 or in the future', times.some((time) => !isPlausible(time, nowMs))],
  ];
  const fault = faults.find(([, isBroken]) => isBroken);
  if (fault === undefined) return;
  throw new ProblemError('model-archive-invalid', `The archive is no exported model. In its record, ${fault[0]}.`);
}

const isPerImage = (values: readonly unknown[] | undefined, images: number | undefined): boolean =>
  values === undefined || values.length === images;

function isPlausible(time: string | undefined, nowMs: number): boolean {
  if (time === undefined) return true;
  const ms = Date.parse(time);
  return ms >= earliestMs && ms <= nowMs + clockSkewMs;
}
