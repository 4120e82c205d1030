import { z } from 'zod';
import { problemSchema } from '../problems/problem.js';
import { dicomResultsSchema } from './dicomweb.js';
import { fileNameSchema, frameSchema } from './images.js';
import { pageQueryFields, pageSchema } from './pages.js';
import {
  countSchema,
  digestSchema,
  groupSchema,
  highestSchema,
  idSchema,
  labelSchema,
  shareSchema,
  splitSchema,
  timestampSchema,
} from './primitives.js';
import { scoreFields } from './scores.js';

/** Body of `POST /v1/scorings`. */
export const scoringRequestSchema = z
  .strictObject({
    modelId: idSchema,
    datasetId: idSchema,
    split: splitSchema.optional().meta({ description: 'Only images of this split; all images without it.' }),
    falseDiscoveryRate: z.number().gt(0).lt(1).optional().meta({
      description:
        'Flag images so that among the flagged at most this share is expected to be normal (Benjamini-Hochberg over the p-values); only with a calibrated model.',
    }),
    dicomResults: dicomResultsSchema.optional(),
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
  group: groupSchema.optional(),
};

/** What a person says of a result. */
export const verdictSchema = z
  .strictObject({
    verdict: labelSchema,
    note: z.string().max(2000).optional(),
    at: timestampSchema,
    keyId: idSchema.optional().meta({ description: 'The API key that it came with; absent on a server without keys.' }),
  })
  .meta({
    id: 'Verdict',
    description: 'What a person says of a result. It feeds evaluation and threshold, never training.',
  });

export type Verdict = z.infer<typeof verdictSchema>;

/** Body of `POST /v1/jobs/{id}/results/{imageId}/verdict`. */
export const verdictRequestSchema = z
  .strictObject({ verdict: labelSchema, note: z.string().max(2000).optional() })
  .meta({
    id: 'VerdictRequest',
    description: 'Say whether the image is normal.',
    examples: [{ verdict: 'normal', note: 'A fold of the film' }],
  });

export type VerdictRequest = z.infer<typeof verdictRequestSchema>;

/** The latest verdict on an image that a model has scored, as the model remembers it. */
export const judgedImageSchema = z.strictObject({
  imageId: idSchema,
  datasetId: idSchema,
  jobId: idSchema,
  /** What the model had said; absent when it was not calibrated. */
  decision: labelSchema.optional(),
  /** The digest of its pixels as they are scored; absent in results of earlier versions. */
  pixelDigest: digestSchema.optional(),
  verdict: labelSchema,
  at: timestampSchema,
});

export type JudgedImage = z.infer<typeof judgedImageSchema>;

const judged = {
  verdict: verdictSchema.optional(),
  flagged: z.boolean().optional().meta({ description: 'Only of a scoring with a `falseDiscoveryRate`.' }),
};

const scoredResultSchema = z
  .strictObject({
    ...imageOfResult,
    outcome: z.literal('scored'),
    ...scoreFields,
    pixelDigest: digestSchema.optional().meta({
      description: 'SHA-256 of its pixels as they are scored. Absent in results of earlier versions.',
    }),
    ...judged,
  })
  .meta({ id: 'ScoredResult', description: 'The answer for one image of the data set.' });

const failedResultSchema = z
  .strictObject({ ...imageOfResult, outcome: z.literal('rejected'), error: problemSchema, ...judged })
  .meta({ id: 'FailedResult', description: 'The image could not be scored.' });

/** Result of a scoring for one image. */
export const scoringResultSchema = z
  .discriminatedUnion('outcome', [scoredResultSchema, failedResultSchema])
  .meta({ id: 'ScoringResult', description: 'Result of a scoring for one image.' });

export type ScoringResult = z.infer<typeof scoringResultSchema>;

export const scoringResultPageSchema = pageSchema(
  scoringResultSchema,
  'ScoringResultPage',
  'In order of upload, or as asked for.',
);

const numberInQuery = z.coerce.number().pipe(shareSchema);

/** Query of the results of a scoring. */
export const scoringResultPageQuerySchema = z.strictObject({
  ...pageQueryFields,
  sort: z.enum(['score', '-score', 'name']).optional().meta({
    description:
      'Lowest score first, highest first, or by file name; equal ones in order of upload, images without a score last.',
  }),
  label: labelSchema.optional().meta({ description: 'Only images of this label.' }),
  decision: z.enum(['normal', 'abnormal']).optional().meta({ description: 'Only images with this decision.' }),
  minScore: numberInQuery.optional().meta({ description: 'Only scores from this one on.' }),
  maxScore: numberInQuery.optional().meta({ description: 'Only scores up to this one.' }),
});

/** Query of the groups of a scoring. */
export const groupScorePageQuerySchema = z.strictObject({
  ...pageQueryFields,
  highest: z.coerce.number().pipe(highestSchema).optional().meta({
    description:
      'So many of its highest scores make the score of a group: by default as many as the calibration has, else 3. Others than those of the calibration have no p-values.',
  }),
});

const groupScoreSchema = z
  .strictObject({
    group: groupSchema.optional().meta({ description: 'Absent of an image without one, which counts as a group.' }),
    images: countSchema.meta({ description: 'Its images that were scored.' }),
    label: labelSchema.meta({ description: 'Abnormal where one of its images is labelled so.' }),
    score: shareSchema.meta({ description: 'The mean of its highest scores.' }),
    scoreLogit: z.number().optional().meta({ description: 'The same mean as a logit.' }),
    highestImages: z
      .array(
        z
          .strictObject({
            imageId: idSchema,
            fileName: fileNameSchema,
            frame: frameSchema.optional(),
            score: shareSchema,
          })
          .meta({ id: 'HighestImage', description: 'An image whose score is among the highest of its group.' }),
      )
      .min(1)
      .meta({ description: 'The images that the score is the mean of, highest first.' }),
    decision: z.enum(['normal', 'abnormal']).optional(),
    pValue: shareSchema.optional().meta({ description: 'How rare so high a score is among normal groups.' }),
  })
  .meta({ id: 'GroupScore', description: 'What a model says of a patient, a series or a volume.' });

export type GroupScoreAnswer = z.infer<typeof groupScoreSchema>;

export const groupScorePageSchema = pageSchema(groupScoreSchema, 'GroupScorePage', 'Highest score first.')
  .safeExtend({
    highest: highestSchema,
    promise: z.string().meta({
      description: 'In words: what decisions and p-values of groups promise, by the present calibration of the model.',
    }),
  })
  .meta({ id: 'GroupScorePage', description: 'One page of the groups of a scoring.' });
