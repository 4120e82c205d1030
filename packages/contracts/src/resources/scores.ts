import { z } from 'zod';
import { problemSchema } from '../problems/problem.js';
import { fileNameSchema, frameSchema, notesSchema } from './images.js';
import { countSchema, idSchema, shareSchema } from './primitives.js';

const mapSummarySchema = z
  .strictObject({
    width: z.int().min(1),
    height: z.int().min(1),
    min: shareSchema,
    max: shareSchema,
  })
  .meta({ id: 'MapSummary', description: 'Size and range of the anomaly map (probability of abnormal, 0 to 1).' });

/** A connected area of high values in the map. */
const regionSchema = z
  .strictObject({
    x: countSchema.meta({ description: 'Left edge.' }),
    y: countSchema.meta({ description: 'Upper edge.' }),
    width: z.int().min(1),
    height: z.int().min(1),
    areaPixels: z.number().min(0).meta({ description: 'Area of the region itself, not of its box.' }),
    peak: shareSchema.meta({ description: 'Highest value of the map in the region.' }),
  })
  .meta({
    id: 'Region',
    description: 'Box around a connected area of high values, in pixels of the image as shown.',
    examples: [{ x: 96, y: 54, width: 48, height: 40, areaPixels: 1312, peak: 0.93 }],
  });

/** Why an image is not of the kind of the normal images that a model knows. */
export const foreignSchema = z.enum(['other-kind', 'inverted']).meta({
  id: 'Foreign',
  description:
    '`other-kind`: another modality, view or quality, or no medical image at all; `inverted`: its greys are those of a negative.',
});

/** What a model says about one image. */
export const scoreFields = {
  score: shareSchema.meta({ description: 'How abnormal the image is, 0 to 1.', examples: [0.87] }),
  scoreLogit: z
    .number()
    .optional()
    .meta({
      description:
        'The score on a scale without ends, log(score / (1 - score)): it orders images whose scores have all become 1. Decisions, p-values and figures go by it. Absent in results of earlier versions.',
      examples: [1.9],
    }),
  map: mapSummarySchema,
  regions: z.array(regionSchema).meta({
    description: "Areas from the model's `mapThreshold` on (0.5 without one), highest peak first.",
  }),
  decision: z
    .enum(['normal', 'abnormal'])
    .optional()
    .meta({ description: 'By the threshold of the model; only from a model that has one.' }),
  thresholdSource: z.enum(['calibrated', 'manual']).optional().meta({
    description: 'Where the threshold of `decision` comes from. `manual`: set by hand, no guarantee.',
  }),
  pValue: shareSchema.optional().meta({
    description: 'How rare so high a score is among normal images; only from a calibrated model.',
  }),
  kinship: shareSchema.optional().meta({
    description:
      'Whether the image as a whole is of the kind that the model knows: the share of its normal images that are at least as far from the others as this image is from all of them. Absent without a memory and from models of earlier versions.',
    examples: [0.69],
  }),
  foreign: foreignSchema.optional().meta({
    description:
      'Only where the image is not the kind of image that the model knows: its score then says nothing about disease.',
  }),
};

const placeFields = {
  index: countSchema.meta({ description: 'Place of the file in the request, counted from 0.' }),
  fileName: fileNameSchema,
};

const scoredImageSchema = z
  .strictObject({
    ...placeFields,
    outcome: z.literal('scored'),
    frame: frameSchema.optional(),
    width: z.int().min(1).meta({ description: 'Width of the image as shown, pixels.' }),
    height: z.int().min(1).meta({ description: 'Height of the image as shown, pixels.' }),
    ...scoreFields,
    notes: notesSchema,
  })
  .meta({ id: 'ScoredImage', description: 'The answer for one image; a frame of a multi-frame file is an image.' });

export type ScoredImage = z.infer<typeof scoredImageSchema>;

const unscoredFileSchema = z
  .strictObject({ ...placeFields, outcome: z.literal('rejected'), error: problemSchema })
  .meta({ id: 'UnscoredFile', description: 'The file could not be scored; it costs only itself.' });

const scoreOutcomeSchema = z
  .discriminatedUnion('outcome', [scoredImageSchema, unscoredFileSchema])
  .meta({ id: 'ScoreOutcome', description: 'What became of one file.' });

export type ScoreOutcome = z.infer<typeof scoreOutcomeSchema>;

/** Answer of `POST /v1/models/{id}/score`. */
export const scoreAnswerSchema = z
  .strictObject({
    modelId: idSchema,
    results: z.array(scoreOutcomeSchema).min(1).meta({ description: 'In the order of the files.' }),
  })
  .meta({ id: 'ScoreAnswer', description: 'The answer for every file of the request.' });

export type ScoreAnswer = z.infer<typeof scoreAnswerSchema>;
