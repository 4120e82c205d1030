import { z } from 'zod';
import { countSchema, idSchema, labelSchema, splitSchema } from './primitives.js';
import { dicomGroupsSchema } from './reading.js';

const uidsSchema = z.strictObject({ vr: z.literal('UI'), Value: z.array(z.string()).length(1) });

const storedInstanceSchema = z
  .strictObject({ '00081150': uidsSchema, '00081155': uidsSchema })
  .meta({ id: 'StoredInstance', description: 'Referenced SOP Class UID and Referenced SOP Instance UID.' });

const failedInstanceSchema = z
  .strictObject({
    '00081150': uidsSchema.optional(),
    '00081155': uidsSchema.optional(),
    '00081197': z.strictObject({ vr: z.literal('US'), Value: z.array(z.int().min(0).max(0xffff)).length(1) }),
  })
  .meta({
    id: 'FailedInstance',
    description:
      'The UIDs, where the part has any, and the Failure Reason: 272 (0110H) processing failed, 290 (0122H) no image, 292 (0124H) a result ' +
      'of this service, 42752 (A700H) no room, 43264 (A900H) without UIDs, 49152 (C000H) cannot be read, 49442 (C122H) transfer syntax.',
  });

const sequence = <S extends z.ZodType>(item: S) => z.strictObject({ vr: z.literal('SQ'), Value: z.array(item).min(1) });

/** Answer of a STOW-RS transaction (PS3.18, table 10.5.1-4) in the DICOM JSON model. */
export const stowAnswerSchema = z
  .strictObject({
    '00081198': sequence(failedInstanceSchema).optional().meta({ description: 'Failed SOP Sequence.' }),
    '00081199': sequence(storedInstanceSchema).optional().meta({ description: 'Referenced SOP Sequence.' }),
  })
  .meta({ id: 'StowAnswer', description: 'What became of the instances, as PS3.18 says.' });

export type StowAnswer = z.infer<typeof stowAnswerSchema>;

/** Media type of the DICOM JSON model. */
export const dicomJsonMediaType = 'application/dicom+json';

/** Name of a DICOMweb server in the file of servers. */
export const dicomwebServerNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'A server has 1 to 63 lower-case letters, digits, dots, hyphens and underscores, and begins with a letter or digit',
  )
  .meta({ description: 'Name of a DICOMweb server that the service was told of.', examples: ['pacs'] });

export const dicomResultKindSchema = z
  .enum(['secondary-capture', 'segmentation', 'structured-report'])
  .meta({ id: 'DicomResultKind', description: 'Overlays as pictures, regions as segments, or scores as a report.' });

export type DicomResultKind = z.infer<typeof dicomResultKindSchema>;

/** Where results go by themselves. */
export const dicomResultsSchema = z
  .strictObject({
    server: dicomwebServerNameSchema,
    kinds: z.array(dicomResultKindSchema).min(1).max(3),
  })
  .meta({
    id: 'DicomResults',
    description: 'What becomes DICOM objects and is sent to a server when a scoring has succeeded.',
    examples: [{ server: 'pacs', kinds: ['secondary-capture', 'segmentation', 'structured-report'] }],
  });

export type DicomResults = z.infer<typeof dicomResultsSchema>;

/** Attributes that an import may ask for: none that names a person, for the query is kept with the job. */
const queryAttributeSchema = z.enum([
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'StudyDate',
  'Modality',
  'ModalitiesInStudy',
  'BodyPartExamined',
  'StudyDescription',
  'SeriesDescription',
]);

/** Body of `POST /v1/datasets/{id}/dicomweb-imports`. */
export const dicomwebImportSchema = z
  .strictObject({
    server: dicomwebServerNameSchema,
    query: z
      .partialRecord(queryAttributeSchema, z.string().min(1).max(200))
      .default({})
      .meta({ description: 'What QIDO-RS is asked for. It is kept with the job.', examples: [{ Modality: 'MR' }] }),
    limit: z.int().min(1).max(100_000).default(1000).meta({ description: 'Instances at most.' }),
    split: splitSchema,
    label: labelSchema,
    dicomGroups: dicomGroupsSchema.optional(),
  })
  .meta({
    id: 'DicomwebImport',
    description: 'Fetch images from a DICOMweb server.',
    examples: [{ server: 'pacs', query: { Modality: 'MR', StudyDate: '20240101-' }, split: 'train', label: 'normal' }],
  });

export const dicomwebImportJobRequestSchema = z
  .strictObject({ ...dicomwebImportSchema.shape, datasetId: idSchema })
  .meta({ id: 'DicomwebImportJobRequest', description: 'What was asked for.' });

export const dicomwebImportResultSchema = z
  .strictObject({
    found: countSchema.meta({ description: 'Instances that the query found, up to the limit.' }),
    stored: countSchema.meta({ description: 'Instances whose images are in the data set now.' }),
    rejected: countSchema,
    reasons: z
      .array(
        z
          .strictObject({ title: z.string(), instances: countSchema })
          .meta({ id: 'RejectedInstances', description: 'How many instances were rejected for one reason.' }),
      )
      .meta({ description: 'Why instances were rejected.' }),
  })
  .meta({ id: 'DicomwebImportResult', description: 'What became of the instances.' });

/** Body of `POST /v1/studies/{id}/results/{kind}/push`. */
export const dicomwebPushSchema = z
  .strictObject({ server: dicomwebServerNameSchema })
  .meta({ id: 'DicomwebPush', description: 'Send results to a DICOMweb server.', examples: [{ server: 'pacs' }] });

export const dicomwebPushJobRequestSchema = z
  .strictObject({
    ...dicomResultsSchema.shape,
    scoringId: idSchema.meta({ description: 'The scoring whose results are sent.' }),
    modelId: idSchema,
    datasetId: idSchema,
  })
  .meta({ id: 'DicomwebPushJobRequest', description: 'What was asked for.' });

export const dicomwebPushResultSchema = z
  .strictObject({ objects: countSchema.meta({ description: 'Objects that the server has now.' }) })
  .meta({ id: 'DicomwebPushResult', description: 'What was sent.' });
