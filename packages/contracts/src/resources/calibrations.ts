import { z } from 'zod';
import { highestSchema, idSchema } from './primitives.js';

/** Body of `POST /v1/models/{id}/calibration`. */
export const calibrationRequestSchema = z
  .strictObject({
    datasetId: idSchema.meta({ description: 'Its normal images that the model has not learned from are used.' }),
    alpha: z.number().gte(1e-9).lt(1).meta({ description: 'Share of normal images that may be called abnormal.' }),
    highest: highestSchema.optional().meta({
      description: 'Of images that have groups: so many of its highest scores make the score of a group; 3 without it.',
    }),
  })
  .meta({
    id: 'CalibrationRequest',
    description: 'Choose the threshold of a model from normal images.',
    examples: [{ datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10', alpha: 0.05 }],
  });

export type CalibrationRequest = z.infer<typeof calibrationRequestSchema>;
