import { z } from 'zod';
import { problemSchema } from '../problems/problem.js';
import { fileNameSchema, frameSchema } from './images.js';
import { pageSchema } from './pages.js';
import { idSchema, labelSchema, splitSchema } from './primitives.js';
import { scoreFields } from './scores.js';

/** Body of `POST /v1/scorings`. */
export const scoringRequestSchema = z
  .strictObject({
    modelId: idSchema,
    datasetId: idSchema,
    split: splitSchema.optional().meta({ description: 'Only images of this split; all images without it.' }),
  })
  .meta({
    id: 'ScoringRequest',
    description: 'Score the images of a data set.',
    examples: [
      {
        modelId: '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f',
        datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10',
        split: 'test',
      },
    ],
  });

export type ScoringRequest = z.infer<typeof scoringRequestSchema>;

const imageOfResult = {
  imageId: idSchema,
  fileName: fileNameSchema,
  frame: frameSchema.optional(),
  split: splitSchema,
  label: labelSchema,
};

const scoredResultSchema = z
  .strictObject({ ...imageOfResult, outcome: z.literal('scored'), ...scoreFields })
  .meta({ id: 'ScoredResult', description: 'The answer for one image of the data set.' });

const failedResultSchema = z
  .strictObject({ ...imageOfResult, outcome: z.literal('rejected'), error: problemSchema })
  .meta({ id: 'FailedResult', description: 'The image could not be scored.' });

/** Result of a scoring for one image. */
export const scoringResultSchema = z
  .discriminatedUnion('outcome', [scoredResultSchema, failedResultSchema])
  .meta({ id: 'ScoringResult', description: 'Result of a scoring for one image.' });

export type ScoringResult = z.infer<typeof scoringResultSchema>;

export const scoringResultPageSchema = pageSchema(scoringResultSchema, 'ScoringResultPage', 'In order of upload.');
