import { z } from 'zod';
import { shareSchema } from './primitives.js';

const intervalSchema = z
  .strictObject({
    low: shareSchema,
    high: shareSchema,
    level: shareSchema.meta({ description: 'Confidence.', examples: [0.95] }),
    method: z.enum(['delong', 'delong-logit', 'bootstrap']).meta({ description: 'How the interval was computed.' }),
  })
  .meta({ id: 'Interval', description: 'Confidence interval of a figure.' });

const knownFigureSchema = z
  .strictObject({
    value: shareSchema,
    interval: intervalSchema.optional(),
    threshold: z
      .number()
      .nullable()
      .optional()
      .meta({ description: 'The score or map value from which on "abnormal" is said; null for "never".' }),
    thresholdLogit: z.number().optional().meta({
      description:
        'Of a figure of images: the `scoreLogit` from which on "abnormal" is said. Where scores have become 1 only it tells them apart.',
    }),
  })
  .meta({ id: 'KnownFigure', description: 'A figure, 0 to 1, and how sure it is.' });

export const unknownFigureSchema = z
  .strictObject({
    value: z.null(),
    reason: z.string().meta({ examples: ['There are no abnormal images.'] }),
  })
  .meta({ id: 'UnknownFigure', description: 'A figure that these images do not determine, and why.' });

/** A figure between 0 and 1, or the reason why there is none. */
export const figureSchema = z
  .union([knownFigureSchema, unknownFigureSchema])
  .meta({ id: 'Figure', description: 'A figure, 0 to 1, or the reason why there is none.' });

export type Figure = z.infer<typeof figureSchema>;
