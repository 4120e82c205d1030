import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';
import type { ThresholdChoice, Workplace } from '../workplace/workplace.js';

export interface ThresholdFlags {
  readonly alpha?: string;
  readonly threshold?: string;
  readonly calibrated?: boolean;
  readonly json: boolean;
}

/** `mediclip threshold MODEL`: changes the threshold of a model, by the alpha of its calibration or by hand. */
export async function threshold(
  place: Workplace,
  model: string,
  flags: ThresholdFlags,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput(flags.json);
  const { calibration, manualThreshold } = await place.setThreshold(model, choiceOf(flags), { output, signal });
  const decides = manualThreshold?.threshold ?? calibration?.threshold;
  const source = manualThreshold ? 'manual' : 'calibrated';
  output.event({
    event: 'threshold',
    threshold: decides,
    source,
    ...(!manualThreshold && { alpha: calibration?.alpha }),
  });
  output.line(
    decides === undefined
      ? 'The model has no threshold now.'
      : `Scores above ${decides} are called abnormal${manualThreshold ? ' (set by hand, no guarantee)' : `: at most ${100 * calibration!.alpha} % of normal images`}.`,
  );
}

function choiceOf(flags: ThresholdFlags): ThresholdChoice {
  const asked = [flags.alpha, flags.threshold, flags.calibrated].filter((flag) => flag !== undefined);
  if (asked.length !== 1) throw new UsageError('Say one of --alpha A, --threshold T and --calibrated.');
  if (flags.threshold !== undefined) return { threshold: shareOf('--threshold', flags.threshold) };
  if (flags.alpha === undefined) return { calibrated: true };
  const alpha = shareOf('--alpha', flags.alpha);
  if (alpha === 0 || alpha === 1) throw new UsageError('--alpha is more than 0 and less than 1.');
  return { alpha };
}

function shareOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new UsageError(`${flag} is a number from 0 to 1.`);
  return value;
}
