import { z } from 'zod';

/** Id of anything that the service keeps: a UUID of version 7, whose order is the order of creation. */
export const idSchema = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'An id is a UUID of version 7 in lower case',
  )
  .meta({
    description: 'UUID of version 7, lower case.',
    format: 'uuid',
    examples: ['0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10'],
  });

/** A moment in UTC, ISO 8601 with a final `Z`. */
export const timestampSchema = z.iso.datetime().meta({
  description: 'A moment in UTC.',
  examples: ['2026-03-14T09:26:53.589Z'],
});

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'A SHA-256 digest has 64 lower-case hexadecimal digits')
  .meta({
    description: 'SHA-256, hexadecimal.',
    examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  });

/** A name that people give and read. */
export const nameSchema = z.string().min(1).max(200).regex(/\S/, 'A name needs at least one visible character');

/** A count of things or bytes. */
export const countSchema = z.int().min(0);

/** A probability or a share, 0 to 1. */
export const shareSchema = z.number().min(0).max(1);

export const splitSchema = z.enum(['train', 'test']).meta({
  id: 'Split',
  description: '`train`: a model may learn from the image. `test`: it is for scoring and evaluation only.',
});

export type Split = z.infer<typeof splitSchema>;

export const labelSchema = z.enum(['normal', 'abnormal']).meta({
  id: 'Label',
  description: 'What is known about the image.',
});

export type Label = z.infer<typeof labelSchema>;

/**
 * What images belong together by: a patient, a study, a series or a volume. Of DICOM and NIfTI files it is a digest,
 * which names nobody.
 */
export const groupSchema = z
  .string()
  .min(1)
  .max(200)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a group may not have.
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A group has no control characters')
  .meta({
    description:
      'What the image belongs to with others: a patient, a study, a series or a volume. No group is parted between train and test.',
    examples: ['patient-17'],
  });

/** How many of its highest scores make the score of a group. */
export const highestSchema = z
  .int()
  .min(1)
  .max(1000)
  .meta({ description: 'The score of a group is the mean of so many of its highest scores.', examples: [3] });

/** Name of a tenant: safe as a folder name and as an object key. */
export const tenantSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'A tenant has 1 to 63 lower-case letters, digits and hyphens')
  .meta({ description: 'Whom records belong to.', examples: ['default'] });
