import { z } from 'zod';
import { problemSchema } from '../problems/problem.js';
import { fileNameSchema, notesSchema } from './images.js';
import { countSchema, groupSchema, idSchema, labelSchema, splitSchema } from './primitives.js';

const placeFields = {
  index: countSchema.meta({ description: 'Place of the file in the request or the archive, counted from 0.' }),
  fileName: fileNameSchema,
};

const storedFileSchema = z
  .strictObject({
    ...placeFields,
    outcome: z.literal('stored'),
    imageIds: z.array(idSchema).min(1).meta({ description: 'The image; for a multi-frame file one for each frame.' }),
    split: splitSchema,
    label: labelSchema,
    group: groupSchema.optional(),
    hasMask: z.boolean(),
    notes: notesSchema,
  })
  .meta({ id: 'StoredFile', description: 'The file is now in the data set.' });

const rejectedFileSchema = z
  .strictObject({ ...placeFields, outcome: z.literal('rejected'), error: problemSchema })
  .meta({ id: 'RejectedFile', description: 'The file, or its mask, was not usable; it costs only itself.' });

const skippedFileSchema = z
  .strictObject({
    ...placeFields,
    outcome: z.literal('skipped'),
    reason: z.string().meta({ examples: ['The file is not in a folder of the layout.'] }),
  })
  .meta({ id: 'SkippedFile', description: 'The file of the archive is no image of the data set.' });

/** What became of one file of an upload. */
const fileOutcomeSchema = z
  .discriminatedUnion('outcome', [storedFileSchema, rejectedFileSchema, skippedFileSchema])
  .meta({ id: 'FileOutcome', description: 'What became of one file.' });

export type FileOutcome = z.infer<typeof fileOutcomeSchema>;

/** What an archive was found to be. */
const archiveLayoutSchema = z
  .strictObject({
    kind: z.enum(['lists', 'folders', 'defects', 'plain']).meta({
      description:
        "`lists`: the paper's, with sample lists. `folders`: `train/normal` and the like. `defects`: a folder for each kind " +
        'of abnormal images. `plain`: images at the top, taken as normal training images.',
    }),
    found: z.string().meta({
      description: 'A sentence for people: how much of what was found, before any image was decoded.',
      examples: ['The layout in folders: 24 training images, 16 normal and 16 abnormal test images, 16 masks.'],
    }),
  })
  .meta({ id: 'ArchiveLayout', description: 'The layout of an archive, told by names and sample lists.' });

export type ArchiveLayout = z.infer<typeof archiveLayoutSchema>;

/** Answer to an upload of images or of an archive. */
export const uploadSchema = z
  .strictObject({
    outcomes: z.array(fileOutcomeSchema).meta({ description: 'One for each file, in their order.' }),
    stored: countSchema.meta({ description: 'How many files were stored.' }),
    rejected: countSchema.meta({ description: 'How many files were rejected.' }),
    skipped: countSchema.meta({ description: 'How many files were skipped.' }),
    layout: archiveLayoutSchema.optional().meta({ description: 'Of an archive.' }),
  })
  .meta({ id: 'Upload', description: 'What became of the files of an upload.' });

export type Upload = z.infer<typeof uploadSchema>;
