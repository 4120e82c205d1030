import { z } from 'zod';
import {
  excludeOutliers,
  optionsName,
  promptFields,
  scalarFields,
  scoringFields,
  secondAnomalyProbability,
  sumMessage,
  sumsToOne,
  taps,
  taskFields,
  trainingFields,
} from './adaptation-fields.js';
import { intensitySchema } from './intensity.js';

/**
 * Every option of an adaptation with its value. Only `name` (none), `taps` (the backbone's own), `intensity`
 * (`auto`) and `excludeOutliers` (false) may be missing.
 */
export const adaptationOptionsSchema = z
  .strictObject({
    ...scalarFields,
    name: optionsName.optional(),
    taps: taps.optional(),
    intensity: intensitySchema.optional(),
    excludeOutliers: excludeOutliers.optional(),
    prompts: z.strictObject(promptFields),
    synthesis: z.strictObject({
      tasks: z.strictObject(taskFields).refine(sumsToOne, sumMessage),
      secondAnomalyProbability,
    }),
    training: z
      .strictObject(trainingFields)
      .refine(({ selection, heldOutSamples }) => selection === 'last' || heldOutSamples > 0, {
        path: ['heldOutSamples'],
        message: 'Selection by held-out samples needs at least one: raise heldOutSamples or set selection to "last"',
      }),
    scoring: z.strictObject(scoringFields),
  })
  .meta({ id: 'AdaptationOptions', description: 'Every option of an adaptation with its value.' });

/** Options of an adaptation, fully resolved. */
export type AdaptationOptions = z.infer<typeof adaptationOptionsSchema>;
