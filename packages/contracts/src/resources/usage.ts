import { z } from 'zod';
import { countSchema, timestampSchema } from './primitives.js';

const limitSchema = z.int().min(1).meta({ description: 'How many there may be.' });

const usedSchema = z
  .strictObject({ used: countSchema, limit: limitSchema })
  .meta({ id: 'Used', description: 'What there is, and what there may be.' });

export const usageSchema = z
  .strictObject({
    jobs: z
      .strictObject({ waiting: countSchema, running: countSchema, limit: limitSchema })
      .meta({ description: 'Jobs that have not ended; `limit` holds for both together.' }),
    storedBytes: usedSchema.meta({
      description: 'Of everything that is stored: images and masks, models, results, maps, reports and records.',
    }),
    datasets: usedSchema,
    images: usedSchema.meta({ description: 'Of all data sets together.' }),
    models: z.strictObject({ used: countSchema }).meta({ description: 'Models have no limit but their bytes.' }),
    countedAt: timestampSchema.meta({
      description: 'When all but the jobs was counted: at most ten times as long ago as counting took.',
    }),
  })
  .meta({ id: 'Usage', description: 'What a tenant uses, and what it may.' });

export type Usage = z.infer<typeof usageSchema>;
