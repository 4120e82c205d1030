import type { z } from 'zod';
import { adaptationOptionsInputSchema } from '../adaptation/adaptation-options-input.js';
import { idSchema } from './primitives.js';

/** Body of `POST /v1/adaptations`: the data set, and any options. */
export const adaptationRequestSchema = adaptationOptionsInputSchema
  .safeExtend({ datasetId: idSchema.meta({ description: 'The data set whose normal training images are used.' }) })
  .meta({
    id: 'AdaptationRequest',
    description: 'Options that are not given take the values of the preset.',
    examples: [
      { datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10' },
      {
        datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10',
        name: 'Brain MRI, 8 shots',
        shots: 8,
        seed: 1,
        prompts: { normal: ['healthy brain'], abnormal: ['brain with a tumour'] },
        training: { epochs: 40 },
      },
    ],
  });

export type AdaptationRequest = z.input<typeof adaptationRequestSchema>;
