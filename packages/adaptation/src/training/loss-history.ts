import type { EpochLoss } from '@mediclip/contracts';
import type { Loss, TrainingState } from './state.js';

/** Means over every epoch, without a held-out loss where it was not a number. */
export function epochLosses({ losses, heldOut }: TrainingState, perEpoch: number): EpochLoss[] {
  return Array.from({ length: Math.ceil(losses.length / perEpoch) }, (_, index) => {
    const steps = losses.slice(index * perEpoch, (index + 1) * perEpoch);
    const mean = (term: keyof Loss) => steps.reduce((sum, step) => sum + step[term], 0) / steps.length;
    const held = heldOut[index];
    return {
      epoch: index + 1,
      loss: mean('loss'),
      focal: mean('focal'),
      dice: mean('dice'),
      ...(held && Number.isFinite(held.loss) && { heldOutLoss: held.loss }),
    };
  });
}
