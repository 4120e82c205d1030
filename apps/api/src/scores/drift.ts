import { ProblemError } from '@mediclip/contracts';
import { describeDrift } from '@mediclip/evaluation';
import type { HandlersOf } from '../http/handlers.js';
import type { DriftRecorder } from './drift-recorder.js';

export function driftHandlers(recorder: Pick<DriftRecorder, 'flush'>): HandlersOf<'getDrift'> {
  return {
    async getDrift({ params, query, store }) {
      const { id, calibration } = await store.models.get(params.id);
      if (calibration === null) throw new ProblemError('model-not-calibrated');
      await recorder.flush();
      return { json: describeDrift(id, await store.drift.get(id), calibration, query.window) };
    },
  };
}
