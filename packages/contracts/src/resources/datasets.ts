import { z } from 'zod';
import { nameFilterField, pageQueryFields, pageSchema } from './pages.js';
import { countSchema, idSchema, nameSchema, timestampSchema } from './primitives.js';

export const datasetFields = {
  name: nameSchema.meta({
    description: 'A name for people; several data sets may share one.',
    examples: ['Brain MRI'],
  }),
  description: z.string().max(4000).optional().meta({ description: 'Where the images come from, and what they show.' }),
  modality: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'How they were made.', examples: ['MR'] }),
};

/** Body of `POST /v1/datasets`. */
export const datasetCreateSchema = z.strictObject(datasetFields).meta({
  id: 'DatasetCreate',
  description: 'A new, empty data set.',
  examples: [{ name: 'Brain MRI', description: 'Axial slices, 2024', modality: 'MR' }],
});

export type DatasetCreate = z.infer<typeof datasetCreateSchema>;

const descriptionChange = datasetFields.description.unwrap().nullable().optional().meta({
  description: 'Null takes it away.',
});

/** Body of `PATCH /v1/datasets/{id}`. */
export const namesChangeSchema = z
  .strictObject({ name: nameSchema.optional(), description: descriptionChange })
  .refine(({ name, description }) => name !== undefined || description !== undefined, 'Nothing is to be changed')
  .meta({ id: 'NamesChange', description: 'What is to be changed; the rest stays.', examples: [{ name: 'Knee MRI' }] });

export type NamesChange = z.infer<typeof namesChangeSchema>;

/** Query of the list of data sets. */
export const datasetPageQuerySchema = z.strictObject({ ...pageQueryFields, name: nameFilterField });

const labelCountsSchema = z
  .strictObject({ normal: countSchema, abnormal: countSchema })
  .meta({ id: 'LabelCounts', description: 'Images by label.' });

/** How many images a data set has, by split and label. */
export const datasetCountsSchema = z
  .strictObject({ total: countSchema, train: labelCountsSchema, test: labelCountsSchema })
  .meta({
    id: 'DatasetCounts',
    description: 'How many images there are, by split and label.',
    examples: [{ total: 36, train: { normal: 16, abnormal: 0 }, test: { normal: 10, abnormal: 10 } }],
  });

export type DatasetCounts = z.infer<typeof datasetCountsSchema>;

export const datasetSchema = z
  .strictObject({ id: idSchema, ...datasetFields, createdAt: timestampSchema, counts: datasetCountsSchema })
  .meta({ id: 'Dataset', description: 'A collection of images to adapt to, to score and to evaluate on.' });

export type Dataset = z.infer<typeof datasetSchema>;

export const datasetPageSchema = pageSchema(datasetSchema, 'DatasetPage', 'Newest first.');
