import { z } from 'zod';
import { aliasFields } from '../resources/aliases.js';
import { auditFields } from '../resources/audits.js';
import { datasetFields } from '../resources/datasets.js';
import { evaluationFields } from '../resources/evaluations.js';
import { imageSchema } from '../resources/images.js';
import { jobSchema } from '../resources/jobs.js';
import { modelFields } from '../resources/models.js';
import { countSchema, digestSchema, idSchema, tenantSchema, timestampSchema } from '../resources/primitives.js';

/** Version of the records below; a record of another version is refused, never guessed at. */
const schemaVersion = z.literal(1);

/** A data set as it is stored. Its counts are those of its image records, so that they cannot disagree. */
export const datasetRecordSchema = z.strictObject({
  schemaVersion,
  id: idSchema,
  ...datasetFields,
  createdAt: timestampSchema,
});

/** An image as it is stored; its bytes, and those of its mask, lie under their SHA-256. */
export const imageRecordSchema = z.strictObject({ schemaVersion, ...imageSchema.shape });

export type ImageRecord = z.infer<typeof imageRecordSchema>;

/** A job as it is stored: what clients see, and what only the workers use. */
export const jobRecordSchema = z.strictObject({
  schemaVersion,
  job: jobSchema,
  /** Rises with every attempt; a write that carries a lower one than the record is refused. */
  fencingToken: countSchema,
  /** When someone asked for it to be cancelled. */
  cancelRequestedAt: timestampSchema.optional(),
  /** Id of the request that created it, for the log. */
  requestId: z.string().optional(),
});

/** A model as it is stored; its files lie beside the record. */
export const modelRecordSchema = z.strictObject({ schemaVersion, ...modelFields });

/** An alias as it is stored. */
export const aliasRecordSchema = z.strictObject({ schemaVersion, ...aliasFields });

export type AliasRecord = z.infer<typeof aliasRecordSchema>;

/** An audit as it is stored. */
export const auditRecordSchema = z.strictObject({ schemaVersion, ...auditFields });

/** An evaluation as it is stored. */
export const evaluationRecordSchema = z.strictObject({ schemaVersion, ...evaluationFields });

/** The file that `MEDICLIP_API_KEYS_FILE` names: hashes of keys, never keys. */
export const apiKeysFileSchema = z.strictObject({
  schemaVersion,
  keys: z.array(
    z.strictObject({
      id: idSchema,
      tenant: tenantSchema,
      /** SHA-256 of the key; keys are random, so that a slow hash would add nothing. */
      sha256: digestSchema,
      createdAt: timestampSchema,
      note: z.string().max(200).optional(),
    }),
  ),
});

export type ApiKeysFile = z.infer<typeof apiKeysFileSchema>;
