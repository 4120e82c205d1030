import { z } from 'zod';
import {
  dicomJsonMediaType,
  dicomResultKindSchema,
  dicomwebImportSchema,
  dicomwebPushSchema,
  dicomwebServerNameSchema,
  stowAnswerSchema,
} from '../resources/dicomweb.js';
import { jobSchema } from '../resources/jobs.js';
import { idSchema, labelSchema, splitSchema } from '../resources/primitives.js';
import { dicomGroupsSchema } from '../resources/reading.js';
import { idParams, made, modelParams, type Reply, type Route } from './route.js';

const stowed = (description: string): Reply => ({ description, content: { [dicomJsonMediaType]: stowAnswerSchema } });

const resultParams = z.strictObject({ id: idSchema, kind: dicomResultKindSchema });

const stowReplies = {
  200: stowed('All instances were taken.'),
  202: stowed('Some instances were taken, others failed.'),
  409: stowed('No instance was taken.'),
};

const stowBody = {
  mediaTypes: ['multipart/related'],
  description: 'STOW-RS: `multipart/related; type="application/dicom"`, one file (PS3.10) a part.',
};

export const dicomwebRoutes = {
  storeStudyInDataset: {
    method: 'POST',
    path: '/v1/datasets/{id}/dicomweb/studies',
    tag: 'datasets',
    summary: 'Add images by DICOMweb',
    description: 'A STOW-RS server: any DICOMweb client that can send studies can send them here.',
    params: idParams,
    query: z.strictObject({ split: splitSchema, label: labelSchema, dicomGroups: dicomGroupsSchema.optional() }),
    body: stowBody,
    replies: stowReplies,
    problems: ['malformed-multipart', 'data-set-full', 'quota-exceeded', 'group-parted'],
  },
  scoreStudy: {
    method: 'POST',
    path: '/v1/models/{id}/dicomweb/studies',
    tag: 'models',
    summary: 'Score what arrives by DICOMweb',
    description:
      'A STOW-RS server. The images of each study become a data set of their own and are scored by a job; the header `Link` names the jobs, ' +
      '`rel="monitor"`. Results that this service has written are refused, so that no loop comes about.',
    params: modelParams,
    query: z.strictObject({ dicomGroups: dicomGroupsSchema.optional() }),
    body: stowBody,
    replies: stowReplies,
    problems: [
      'malformed-multipart',
      'quota-exceeded',
      'too-many-jobs',
      'queue-full',
      'queue-unavailable',
      'backbone-weights-missing',
    ],
  },
  importFromDicomweb: {
    method: 'POST',
    path: '/v1/datasets/{id}/dicomweb-imports',
    tag: 'datasets',
    summary: 'Fetch images from a DICOMweb server',
    description:
      'A job: QIDO-RS finds the instances, WADO-RS fetches them. It goes on where it was when a worker dies, and stores no image twice.',
    params: idParams,
    body: { json: dicomwebImportSchema },
    replies: { 202: made('The job.', jobSchema) },
    problems: ['quota-exceeded', 'too-many-jobs', 'queue-full', 'queue-unavailable', 'dicomweb-server-unknown'],
  },
  getStudyResults: {
    method: 'GET',
    path: '/v1/studies/{id}/results/{kind}',
    tag: 'jobs',
    summary: 'Read the results of a study as DICOM objects',
    description:
      'A study has the id of the scoring of its images. With `server` the objects say of patient and study what that PACS says now; without ' +
      'they have its UIDs alone.',
    params: resultParams,
    query: z.strictObject({ server: dicomwebServerNameSchema.optional() }),
    replies: {
      200: {
        description: 'The objects (PS3.10), one a part.',
        content: { 'multipart/related': 'bytes' },
      },
    },
    problems: [
      'job-not-finished',
      'job-without-results',
      'study-without-references',
      'references-sealed-otherwise',
      'dicomweb-server-unknown',
      'dicomweb-unreachable',
      'dicomweb-refused',
      'digest-mismatch',
    ],
  },
  pushStudyResults: {
    method: 'POST',
    path: '/v1/studies/{id}/results/{kind}/push',
    tag: 'jobs',
    summary: 'Send the results of a study to a DICOMweb server',
    description: 'A job. Objects of the same results have the same UIDs, so that sending them again makes no copies.',
    params: resultParams,
    body: { json: dicomwebPushSchema },
    replies: { 202: made('The job.', jobSchema) },
    problems: [
      'job-not-finished',
      'job-without-results',
      'study-without-references',
      'dicomweb-server-unknown',
      'quota-exceeded',
      'too-many-jobs',
      'queue-full',
      'queue-unavailable',
    ],
  },
} as const satisfies Record<string, Route>;
