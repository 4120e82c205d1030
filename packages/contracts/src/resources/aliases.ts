import { z } from 'zod';
import { shadowRingLength } from '../words/index.js';
import { dicomResultsSchema } from './dicomweb.js';
import { comparisonSchema } from './evaluations.js';
import { pageSchema } from './pages.js';
import { countSchema, idSchema, labelSchema, shareSchema, timestampSchema } from './primitives.js';

/** Name of an alias: safe in a path, in an object key and in a shell. */
export const aliasNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'An alias has 1 to 63 lower-case letters, digits, dots, hyphens and underscores, and begins with a letter or digit',
  )
  .meta({ description: 'Name of an alias.', examples: ['production'] });

/** A model in a path: its id, or `@` and the name of an alias. */
export const modelReferenceSchema = z
  .union([idSchema, z.string().regex(/^@[a-z0-9][a-z0-9._-]{0,62}$/, 'An alias is @ and its name')])
  .meta({ description: 'Id of a model, or `@` and the name of an alias.', examples: ['@production'] });

/** A second model that scores a share of an alias's requests in the background. */
const shadowSchema = z
  .strictObject({
    modelId: idSchema,
    share: shareSchema.meta({ description: 'Share of the requests that the second model scores too.' }),
  })
  .meta({ id: 'Shadow', description: 'A second model that scores a share of the requests in the background.' });

const aliasMoveSchema = z
  .strictObject({
    modelId: idSchema,
    at: timestampSchema,
    action: z.enum(['set', 'rollback']),
    keyId: idSchema.optional().meta({ description: 'The API key that moved it; absent on a server without keys.' }),
  })
  .meta({ id: 'AliasMove', description: 'One move of an alias to a model.' });

export type AliasMove = z.infer<typeof aliasMoveSchema>;

export const aliasFields = {
  name: aliasNameSchema,
  modelId: idSchema.meta({ description: 'The model that the alias names now.' }),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
  shadow: shadowSchema.optional(),
  dicomResults: dicomResultsSchema.optional().meta({
    description: 'Where the results of studies go that are scored by this alias through DICOMweb.',
  }),
  history: z
    .array(aliasMoveSchema)
    .min(1)
    .meta({ description: 'The latest 100 moves, newest first; the first one names the present model.' }),
};

export const aliasSchema = z
  .strictObject(aliasFields)
  .meta({ id: 'Alias', description: 'A name that stands for a model and can be moved to another.' });

export type Alias = z.infer<typeof aliasSchema>;

export const aliasPageSchema = pageSchema(aliasSchema, 'AliasPage', 'By name.');

/** Body of `PUT /v1/aliases/{name}`. */
export const aliasSetSchema = z
  .strictObject({
    modelId: idSchema,
    ifModelId: idSchema.nullable().optional().meta({
      description: 'Move the alias only when it names this model now; null: only when there is no such alias.',
    }),
    shadow: shadowSchema
      .nullable()
      .optional()
      .meta({ description: 'Null ends the shadow; without this field it stays as it is.' }),
    dicomResults: dicomResultsSchema.nullable().optional().meta({
      description:
        'Where the results of studies go that are scored by this alias through DICOMweb. Null ends that; without this field it stays as it is.',
    }),
  })
  .meta({
    id: 'AliasSet',
    description: 'Move an alias to a model, or make it.',
    examples: [{ modelId: '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f' }],
  });

export type AliasSet = z.infer<typeof aliasSetSchema>;

const histogramSchema = z.array(countSchema).length(20);

/** Answer of `GET /v1/aliases/{name}/shadow`. */
export const shadowReportSchema = z
  .strictObject({
    name: aliasNameSchema,
    modelId: idSchema.meta({ description: 'The model that answers.' }),
    shadow: shadowSchema,
    images: countSchema.meta({
      description: 'Images that both models have scored since they are together; of the latest 2,048 the rest is told.',
    }),
    dropped: countSchema.meta({ description: 'Images that the shadow did not score, because the server was busy.' }),
    failed: countSchema.meta({ description: 'Images that the shadow could not score.' }),
    scores: z
      .strictObject({ model: histogramSchema, shadow: histogramSchema })
      .meta({ id: 'ShadowScores', description: 'Scores of both in 20 bins of equal width, from 0 to 1.' }),
    agreement: z
      .strictObject({ images: countSchema, share: shareSchema, low: shareSchema, high: shareSchema })
      .optional()
      .meta({
        id: 'ShadowAgreement',
        description:
          "Of the images of which both say normal or abnormal, how many both call alike, with Clopper and Pearson's 95 % interval.",
      }),
    comparison: comparisonSchema.omit({ baselineModelId: true }).optional().meta({
      id: 'ShadowComparison',
      description:
        'The shadow beside the model (the baseline) on images that people have judged, told by their pixels: a picture of this alias that a scoring of either model has scored too.',
    }),
  })
  .meta({ id: 'ShadowReport', description: 'A model and its shadow on the same images.' });

export type ShadowReport = z.infer<typeof shadowReportSchema>;

/**
 * One image: milliseconds since 1970, rank by the model, rank by the shadow (logits), their scores, their decisions,
 * and a digest of its pixels.
 */
const shadowedSchema = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  labelSchema.nullable(),
  labelSchema.nullable(),
  z.string(),
]);

/** What an alias remembers of its shadow: no pixels, no names. */
export const shadowRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Another pair begins anew. */
  modelId: idSchema,
  shadowModelId: idSchema,
  scored: countSchema,
  dropped: countSchema,
  failed: countSchema,
  /** The latest images, oldest first. */
  ring: z.array(shadowedSchema).max(shadowRingLength),
});

export type ShadowRecord = z.infer<typeof shadowRecordSchema>;
