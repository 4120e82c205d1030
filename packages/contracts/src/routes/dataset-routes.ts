import { z } from 'zod';
import {
  datasetCreateSchema,
  datasetPageQuerySchema,
  datasetPageSchema,
  datasetSchema,
  namesChangeSchema,
} from '../resources/datasets.js';
import { imageChangeSchema, imagePageQuerySchema, imagePageSchema, imageSchema } from '../resources/images.js';
import { groupSchema, labelSchema, splitSchema } from '../resources/primitives.js';
import { dicomGroupsSchema, sliceAxisSchema } from '../resources/reading.js';
import { uploadSchema } from '../resources/uploads.js';
import { archiveProblems, deleted, idParams, imageParams, json, made, type Route } from './route.js';

const uploadForm = z.strictObject({
  split: splitSchema,
  label: labelSchema,
  group: groupSchema.optional(),
  axis: sliceAxisSchema.optional(),
  dicomGroups: dicomGroupsSchema.optional(),
  file: z.array(z.file()).min(1),
  mask: z.array(z.file()).optional(),
});

export const datasetRoutes = {
  createDataset: {
    method: 'POST',
    path: '/v1/datasets',
    tag: 'datasets',
    summary: 'Make an empty data set',
    body: { json: datasetCreateSchema },
    replies: { 201: made('The new data set.', datasetSchema) },
    problems: ['quota-exceeded'],
  },
  listDatasets: {
    method: 'GET',
    path: '/v1/datasets',
    tag: 'datasets',
    summary: 'List the data sets',
    query: datasetPageQuerySchema,
    replies: { 200: json('One page of data sets, newest first.', datasetPageSchema) },
  },
  getDataset: {
    method: 'GET',
    path: '/v1/datasets/{id}',
    tag: 'datasets',
    summary: 'Read a data set with its counts',
    params: idParams,
    replies: { 200: json('The data set.', datasetSchema) },
  },
  changeDataset: {
    method: 'PATCH',
    path: '/v1/datasets/{id}',
    tag: 'datasets',
    summary: 'Change the name or the description of a data set',
    params: idParams,
    body: { json: namesChangeSchema },
    replies: { 200: json('The data set.', datasetSchema) },
  },
  deleteDataset: {
    method: 'DELETE',
    path: '/v1/datasets/{id}',
    tag: 'datasets',
    summary: 'Delete a data set with its images',
    description:
      'Refused while a job that has not ended reads it. Models that were adapted to it stay; with `derived`, scorings, evaluations and audits go.',
    params: idParams,
    query: z.strictObject({
      derived: z.enum(['true', 'false']).default('false').meta({
        description:
          'Whether its scorings, with their maps and verdicts, its evaluations, with their reports, and its audits go too.',
      }),
    }),
    replies: { 204: deleted },
    problems: ['data-set-in-use'],
  },
  uploadImages: {
    method: 'POST',
    path: '/v1/datasets/{id}/images',
    tag: 'datasets',
    summary: 'Add images',
    description: 'Every file has an outcome of its own: a bad file never costs the good ones.',
    params: idParams,
    body: {
      form: uploadForm,
      description:
        'The text fields `split`, `label`, `group`, `axis` and `dicomGroups` hold for the `file` parts after them and may be sent again to change them; an empty ' +
        '`group` ends one. ' +
        'A field that is missing, unknown or has another value refuses the whole form. A `mask` part belongs to the `file` part just before it.',
    },
    replies: { 200: json('What became of every file.', uploadSchema) },
    problems: ['data-set-full', 'quota-exceeded', 'group-parted'],
  },
  uploadArchive: {
    method: 'POST',
    path: '/v1/datasets/{id}/archive',
    tag: 'datasets',
    summary: 'Add the images of an archive',
    description:
      'Layout: `train/normal/*`, `test/normal/*`, `test/abnormal/*`, `masks/<image name without extension>.*`; or ' +
      '`images/{train,test}/…` with `samples/{train,test}.json`, one JSON object a line (`filename`, `label`, `clsname`, `mask`, `group`); or ' +
      '`train/good/*`, `test/good/*`, `test/<defect>/*`, `ground_truth/<defect>/<image name>_mask.*`; or normal training images at the ' +
      'top. `layout.found` of the answer says what was found.',
    params: idParams,
    query: z.strictObject({
      groups: z.enum(['none', 'folder']).default('none').meta({
        description:
          '`folder`: the folder below that of the label names the group of its images (`train/normal/patient-17/…`). A `group` of a sample list goes before.',
      }),
      axis: sliceAxisSchema.optional(),
      dicomGroups: dicomGroupsSchema.optional(),
    }),
    body: {
      mediaTypes: ['application/zip', 'application/x-tar', 'application/gzip', 'application/octet-stream'],
      description: 'A zip or a (gzipped) tar, told by its content.',
    },
    replies: { 200: json('What became of every file.', uploadSchema) },
    problems: ['data-set-full', 'quota-exceeded', 'group-parted', ...archiveProblems],
  },
  listImages: {
    method: 'GET',
    path: '/v1/datasets/{id}/images',
    tag: 'datasets',
    summary: 'List the images of a data set',
    params: idParams,
    query: imagePageQuerySchema,
    replies: { 200: json('One page of images, in order of upload.', imagePageSchema) },
  },
  getImage: {
    method: 'GET',
    path: '/v1/datasets/{id}/images/{imageId}',
    tag: 'datasets',
    summary: 'Read the record of an image',
    params: imageParams,
    replies: { 200: json('The record.', imageSchema) },
  },
  changeImage: {
    method: 'PATCH',
    path: '/v1/datasets/{id}/images/{imageId}',
    tag: 'datasets',
    summary: 'Move an image to another split, label or group',
    description:
      'Refused while a job that has not ended reads the data set, and where it would part a group between train and test.',
    params: imageParams,
    body: { json: imageChangeSchema },
    replies: { 200: json('The record.', imageSchema) },
    problems: ['data-set-in-use', 'group-parted'],
  },
  getImageContent: {
    method: 'GET',
    path: '/v1/datasets/{id}/images/{imageId}/content',
    tag: 'datasets',
    summary: 'Read the bytes of an image',
    params: imageParams,
    replies: {
      200: {
        description:
          'The picture as it was sent, without what the file says besides it; of DICOM, NIfTI and TIFF pages a PNG.',
        content: {
          'image/png': 'bytes',
          'image/jpeg': 'bytes',
          'image/webp': 'bytes',
          'image/tiff': 'bytes',
          'image/bmp': 'bytes',
          'image/gif': 'bytes',
          'application/dicom': 'bytes',
        },
      },
      304: { description: 'The bytes are those that the `ETag` in `If-None-Match` stands for.' },
    },
    problems: ['digest-mismatch'],
  },
  getImagePreview: {
    method: 'GET',
    path: '/v1/datasets/{id}/images/{imageId}/preview',
    tag: 'datasets',
    summary: 'Read an image as a small PNG',
    description: 'Of every format, also those that browsers do not show. Never larger than the image itself.',
    params: imageParams,
    query: z.strictObject({
      side: z.coerce
        .number()
        .int()
        .min(16)
        .max(2048)
        .default(256)
        .meta({ description: 'Length of the longer side, pixels.' }),
    }),
    headers: z.object({
      'if-none-match': z.string().optional().meta({ description: 'The `ETag` of an answer that is kept.' }),
    }),
    replies: {
      200: { description: 'The picture.', content: { 'image/png': 'bytes' } },
      304: { description: 'The kept one is still right.' },
    },
    problems: ['digest-mismatch'],
  },
  deleteImage: {
    method: 'DELETE',
    path: '/v1/datasets/{id}/images/{imageId}',
    tag: 'datasets',
    summary: 'Delete an image',
    description:
      'Refused while a job that has not ended reads the data set. Its results, maps, verdicts and pictures in reports go with it.',
    params: imageParams,
    replies: { 204: deleted },
    problems: ['data-set-in-use'],
  },
} as const satisfies Record<string, Route>;
