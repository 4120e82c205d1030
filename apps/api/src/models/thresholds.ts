import { type Model, ProblemError } from '@mediclip/contracts';
import { recalibrate } from '@mediclip/evaluation';
import type { HandlersOf } from '../http/handlers.js';

export const thresholdHandlers: HandlersOf<'setThreshold' | 'deleteThreshold'> = {
  async setThreshold({ params, body, store }) {
    if ('threshold' in body) return { json: await store.models.setManualThreshold(params.id, body.threshold) };
    return { json: await store.models.recalibrate(params.id, (model) => calibrationAt(model, body.alpha)) };
  },

  async deleteThreshold({ params, store }) {
    await store.models.setManualThreshold(params.id, undefined);
    return undefined;
  },
};

function calibrationAt({ calibration }: Model, alpha: number): NonNullable<Model['calibration']> {
  if (calibration === null) throw new ProblemError('model-not-calibrated');
  const made = recalibrate(calibration, alpha);
  if (made.defined) return made.calibration;
  throw new ProblemError('too-few-images', made.reason, { needed: made.neededImages, available: made.normalImages });
}
