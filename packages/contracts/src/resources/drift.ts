import { z } from 'zod';
import { driftRingLength } from '../words/index.js';
import { countSchema, idSchema, shareSchema, timestampSchema } from './primitives.js';

/** Query of the drift of a model. */
export const driftQuerySchema = z.strictObject({
  window: z.coerce
    .number()
    .int()
    .min(1)
    .max(driftRingLength)
    .default(1000)
    .meta({ description: 'Latest scores that histogram and share are counted in.' }),
});

/** Answer of `GET /v1/models/{id}/drift`. */
export const driftSchema = z
  .strictObject({
    modelId: idSchema,
    observations: countSchema.meta({ description: 'Images scored at once since the model was calibrated.' }),
    window: z
      .strictObject({
        images: countSchema,
        from: timestampSchema.optional(),
        to: timestampSchema.optional(),
      })
      .meta({ id: 'DriftWindow', description: 'The latest scores, which the next two are counted in.' }),
    pValues: z
      .strictObject({
        counts: z
          .array(countSchema)
          .length(20)
          .meta({ description: 'P-values in 20 bins of equal width, from 0 to 1.' }),
        expected: z
          .number()
          .min(0)
          .meta({ description: 'In each bin, if the images were like those of the calibration.' }),
      })
      .meta({ id: 'PValueHistogram', description: 'P-values beside what they are without a change.' }),
    abnormal: z
      .strictObject({
        images: countSchema,
        share: shareSchema,
        low: shareSchema,
        high: shareSchema,
        alpha: shareSchema.meta({ description: 'What the calibration allows among normal images.' }),
      })
      .optional()
      .meta({
        id: 'AbnormalShare',
        description: "Images above the calibrated threshold, with Clopper and Pearson's 95 % interval.",
      }),
    martingale: z
      .strictObject({
        capital: z.number().min(0).meta({ description: '1 at the beginning; it grows while the images change.' }),
        highest: z.number().min(0),
        alarmFrom: z
          .number()
          .meta({ description: 'An alarm is given when the capital reaches this.', examples: [100] }),
        falseAlarmRate: shareSchema.meta({
          description:
            'Without a change an alarm is ever given with at most this probability, however often one looks.',
        }),
      })
      .meta({
        id: 'DriftMartingale',
        description: 'A conformal test martingale over all scores since the calibration.',
      }),
    verdict: z.enum(['no-change-seen', 'changed']),
    explanation: z.string().meta({ description: 'The verdict in words, and what to do.' }),
  })
  .meta({ id: 'Drift', description: 'Whether the images that a model is given have changed since its calibration.' });

export type Drift = z.infer<typeof driftSchema>;

/** One score: milliseconds since 1970, score, p-value. */
const observationSchema = z.tuple([z.number(), z.number(), z.number()]);

/** What a model remembers of the scores it gave: no pixels, no names. */
export const driftRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** The calibration that the p-values are counted in; another one begins anew. */
  calibrationJobId: idSchema,
  /** The latest observations, oldest first. */
  ring: z.array(observationSchema).max(driftRingLength),
  martingale: z.strictObject({
    capital: z.array(z.number()),
    highest: z.number(),
    observations: countSchema,
    bins: z.array(z.tuple([countSchema, countSchema])),
  }),
});

export type DriftRecord = z.infer<typeof driftRecordSchema>;
