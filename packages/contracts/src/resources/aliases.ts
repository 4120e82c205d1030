import { z } from 'zod';
import { pageSchema } from './pages.js';
import { idSchema, shareSchema, timestampSchema } from './primitives.js';

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
  })
  .meta({
    id: 'AliasSet',
    description: 'Move an alias to a model, or make it.',
    examples: [{ modelId: '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f' }],
  });

export type AliasSet = z.infer<typeof aliasSetSchema>;
