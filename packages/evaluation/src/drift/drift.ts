import type { Calibration, Drift, DriftRecord } from '@mediclip/contracts';
import { driftRingLength } from '@mediclip/contracts/words';
import { clopperPearsonInterval } from '../statistics/clopper-pearson.js';
import { ConformalMartingale } from './conformal-martingale.js';

/** An alarm is ever given without a change with at most this probability. */
const falseAlarmRate = 0.01;
const histogramBins = 20;

/** One score that a model gave. */
export interface DriftObservation {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly score: number;
  readonly pValue: number;
  /** A random number from 0 to 1 of its own, which breaks ties. */
  readonly uniform: number;
}

/** The record with further observations; of another calibration than the present one, it begins anew. */
export function observeDrift(
  record: DriftRecord | undefined,
  calibration: Pick<Calibration, 'jobId' | 'scores'>,
  observations: readonly DriftObservation[],
): DriftRecord {
  const present = record?.calibrationJobId === calibration.jobId ? record : undefined;
  const martingale = present
    ? ConformalMartingale.resume(present.martingale)
    : ConformalMartingale.begin(calibration.scores);
  for (const { score, uniform } of observations) martingale.observe(score, uniform);
  const ring = [...(present?.ring ?? [])];
  for (const { atMs, score, pValue } of observations) ring.push([atMs, score, pValue]);
  const { capital, highest, observations: count, bins } = martingale.state;
  return {
    schemaVersion: 1,
    calibrationJobId: calibration.jobId,
    ring: ring.slice(-driftRingLength),
    martingale: { capital: [...capital], highest, observations: count, bins: bins.map(([bin, n]) => [bin, n]) },
  };
}

/** Whether the martingale of a record has ever been so high that an alarm is given. */
export function isDriftAlarm({ martingale }: DriftRecord): boolean {
  return martingale.highest >= 1 / falseAlarmRate;
}

/**
 * Whether the images of a model have changed, from its record and its calibration; histogram and share over the latest
 * `window` scores.
 */
export function describeDrift(
  modelId: string,
  record: DriftRecord | undefined,
  calibration: Pick<Calibration, 'jobId' | 'threshold' | 'alpha'>,
  window: number,
): Drift {
  const present = record?.calibrationJobId === calibration.jobId ? record : undefined;
  const latest = present?.ring.slice(-window) ?? [];
  const counts = Array.from({ length: histogramBins }, () => 0);
  for (const [, , pValue] of latest) {
    const bin = Math.min(histogramBins - 1, Math.floor(pValue * histogramBins));
    counts[bin] = counts[bin]! + 1;
  }
  const images = latest.filter(([, score]) => score > calibration.threshold).length;
  const capital = present?.martingale.capital.reduce((sum, part) => sum + part, 0) ?? 1;
  const highest = present?.martingale.highest ?? 1;
  const changed = present !== undefined && isDriftAlarm(present);
  const at = (place: number) => {
    const observation = latest.at(place);
    return observation && new Date(observation[0]).toISOString();
  };
  const [from, to] = [at(0), at(-1)];
  return {
    modelId,
    observations: present?.martingale.observations ?? 0,
    window: { images: latest.length, ...(from && { from }), ...(to && { to }) },
    pValues: { counts, expected: latest.length / histogramBins },
    ...(latest.length > 0 && {
      abnormal: {
        images,
        share: images / latest.length,
        ...clopperPearsonInterval(images, latest.length),
        alpha: calibration.alpha,
      },
    }),
    martingale: { capital, highest, alarmFrom: 1 / falseAlarmRate, falseAlarmRate },
    verdict: changed ? 'changed' : 'no-change-seen',
    explanation: changed
      ? 'The images have changed since the calibration (or many of them are abnormal): look at recent ones, and calibrate again or adapt anew if they are normal.'
      : 'Nothing speaks for a change since the calibration.',
  };
}
