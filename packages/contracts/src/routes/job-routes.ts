import { z } from 'zod';
import { adaptationRequestSchema } from '../resources/adaptations.js';
import { auditSchema } from '../resources/audits.js';
import {
  evaluationPageQuerySchema,
  evaluationPageSchema,
  evaluationRequestSchema,
  evaluationSchema,
} from '../resources/evaluations.js';
import { jobEventSchema } from '../resources/job-events.js';
import { jobPageQuerySchema, jobPageSchema, jobSchema } from '../resources/jobs.js';
import {
  groupScorePageQuerySchema,
  groupScorePageSchema,
  scoringRequestSchema,
  scoringResultPageQuerySchema,
  scoringResultPageSchema,
  scoringResultSchema,
  verdictRequestSchema,
} from '../resources/scorings.js';
import { operatingPointsSchema } from '../resources/thresholds.js';
import { deleted, idParams, imageParams, json, made, type Route } from './route.js';

export const jobRoutes = {
  createAdaptation: {
    method: 'POST',
    path: '/v1/adaptations',
    tag: 'models',
    summary: 'Adapt a model to normal images',
    description: 'A job; its result names the model.',
    body: { json: adaptationRequestSchema },
    replies: { 202: made('The job.', jobSchema) },
    problems: [
      'not-found',
      'queue-full',
      'too-many-jobs',
      'quota-exceeded',
      'queue-unavailable',
      'too-few-images',
      'backbone-unknown',
      'backbone-weights-missing',
      'digest-mismatch',
    ],
  },
  createScoring: {
    method: 'POST',
    path: '/v1/scorings',
    tag: 'jobs',
    summary: 'Score the images of a data set',
    description: 'A job; its results are at `/v1/jobs/{id}/results`.',
    body: { json: scoringRequestSchema },
    replies: { 202: made('The job.', jobSchema) },
    problems: [
      'not-found',
      'queue-full',
      'too-many-jobs',
      'quota-exceeded',
      'queue-unavailable',
      'too-few-images',
      'backbone-weights-missing',
      'model-not-calibrated',
      'dicomweb-server-unknown',
      'study-without-references',
    ],
  },
  createAudit: {
    method: 'POST',
    path: '/v1/datasets/{id}/audits',
    tag: 'datasets',
    summary: 'Audit a data set',
    description:
      'A job; its result names the audit: copies within and across splits and labels, trivial cues that tell the labels apart, and normal training images that do not belong.',
    params: idParams,
    replies: { 202: made('The job.', jobSchema) },
    problems: ['queue-full', 'queue-unavailable', 'too-few-images'],
  },
  getAudit: {
    method: 'GET',
    path: '/v1/audits/{id}',
    tag: 'datasets',
    summary: 'Read what an audit found',
    params: idParams,
    replies: { 200: json('What was found.', auditSchema) },
  },
  createEvaluation: {
    method: 'POST',
    path: '/v1/evaluations',
    tag: 'jobs',
    summary: 'Evaluate a model on a data set',
    description:
      'A job; its result names the evaluation. With a baseline, both models are compared on the same images.',
    body: { json: evaluationRequestSchema },
    replies: { 202: made('The job.', jobSchema) },
    problems: [
      'not-found',
      'queue-full',
      'too-many-jobs',
      'quota-exceeded',
      'queue-unavailable',
      'too-few-images',
      'backbone-weights-missing',
    ],
  },
  listEvaluations: {
    method: 'GET',
    path: '/v1/evaluations',
    tag: 'models',
    summary: 'List the evaluations',
    query: evaluationPageQuerySchema,
    replies: { 200: json('One page of evaluations, newest first.', evaluationPageSchema) },
  },
  getEvaluation: {
    method: 'GET',
    path: '/v1/evaluations/{id}',
    tag: 'models',
    summary: 'Read the figures of an evaluation',
    params: idParams,
    replies: { 200: json('The figures.', evaluationSchema) },
  },
  deleteEvaluation: {
    method: 'DELETE',
    path: '/v1/evaluations/{id}',
    tag: 'models',
    summary: 'Delete an evaluation',
    description: 'Its figures, scores and report go; its job stays, and is deleted at `/v1/jobs/{id}`.',
    params: idParams,
    replies: { 204: deleted },
  },
  getOperatingPoints: {
    method: 'GET',
    path: '/v1/evaluations/{id}/operating-points',
    tag: 'models',
    summary: 'Read what each threshold makes of the evaluated images',
    params: idParams,
    replies: { 200: json('The operating points.', operatingPointsSchema) },
    problems: ['evaluation-without-scores'],
  },
  getEvaluationReport: {
    method: 'GET',
    path: '/v1/evaluations/{id}/report',
    tag: 'models',
    summary: 'Read the report of an evaluation',
    params: idParams,
    replies: { 200: { description: 'A self-contained page.', content: { 'text/html': z.string() } } },
  },
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    tag: 'jobs',
    summary: 'List the jobs',
    query: jobPageQuerySchema,
    replies: { 200: json('One page of jobs, newest first.', jobPageSchema) },
  },
  getJob: {
    method: 'GET',
    path: '/v1/jobs/{id}',
    tag: 'jobs',
    summary: 'Read a job',
    params: idParams,
    replies: { 200: json('The job.', jobSchema) },
  },
  deleteJob: {
    method: 'DELETE',
    path: '/v1/jobs/{id}',
    tag: 'jobs',
    summary: 'Delete a job that has ended',
    description:
      'Its results, maps and verdicts go, also those that the model remembers of it. A model or an evaluation that it made stays.',
    params: idParams,
    replies: { 204: deleted },
    problems: ['job-not-ended'],
  },
  cancelJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/cancel',
    tag: 'jobs',
    summary: 'Cancel a job',
    description: 'Takes effect within two seconds and leaves nothing behind. Cancelling twice changes nothing.',
    params: idParams,
    replies: { 202: json('The job; a running one is `cancelled` a moment later.', jobSchema) },
    problems: ['job-already-ended', 'queue-unavailable'],
  },
  getAllJobEvents: {
    method: 'GET',
    path: '/v1/jobs/events',
    tag: 'jobs',
    summary: 'Follow all jobs at once',
    description:
      'Server-sent events of the type `job`, `data` a `Job` as JSON: first every job that has not ended and, with `Last-Event-ID`, those ' +
      'that ended since; then each job whenever it changes. A comment keeps the connection alive at least every 15 seconds.',
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}$/, 'A Last-Event-ID is the number of an event')
        .optional()
        .meta({ description: 'Number of the last event that was seen; jobs that ended after it are told of.' }),
    }),
    replies: { 200: { description: 'The jobs.', content: { 'text/event-stream': { events: jobSchema } } } },
    problems: ['too-many-streams'],
  },
  getJobEvents: {
    method: 'GET',
    path: '/v1/jobs/{id}/events',
    tag: 'jobs',
    summary: 'Follow a job',
    description:
      'Server-sent events: `event` is the type, `id` the number, `data` a `JobEvent` as JSON. ' +
      'A comment keeps the connection alive at least every 15 seconds; the stream ends after `end`.',
    params: idParams,
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}$/, 'A Last-Event-ID is the number of an event')
        .optional()
        .meta({ description: 'Number of the last event that was seen; the stream goes on after it.' }),
    }),
    replies: { 200: { description: 'The events.', content: { 'text/event-stream': { events: jobEventSchema } } } },
    problems: ['too-many-streams'],
  },
  listJobResults: {
    method: 'GET',
    path: '/v1/jobs/{id}/results',
    tag: 'jobs',
    summary: 'List the results of a scoring',
    params: idParams,
    description:
      'As the `Accept` header asks: one page as JSON, or all of them as a table (`text/csv`), in the order and with the filters of the query.',
    query: scoringResultPageQuerySchema,
    replies: {
      200: {
        description: 'One page of results, or the table of all.',
        content: { 'application/json': scoringResultPageSchema, 'text/csv': 'bytes' },
      },
    },
    problems: ['not-acceptable', 'job-not-finished', 'job-without-results'],
  },
  listJobGroups: {
    method: 'GET',
    path: '/v1/jobs/{id}/groups',
    tag: 'jobs',
    summary: 'List the groups of a scoring',
    params: idParams,
    description:
      'Patients, studies, series or volumes: the score of each is the mean of the highest scores of its images. With a calibration that knows ' +
      'groups each has a p-value and a decision. As the `Accept` header asks: one page as JSON, or all of them as a table (`text/csv`).',
    query: groupScorePageQuerySchema,
    replies: {
      200: {
        description: 'One page of groups, or the table of all.',
        content: { 'application/json': groupScorePageSchema, 'text/csv': 'bytes' },
      },
    },
    problems: ['not-acceptable', 'job-not-finished', 'job-without-results'],
  },
  judgeResult: {
    method: 'POST',
    path: '/v1/jobs/{id}/results/{imageId}/verdict',
    tag: 'jobs',
    summary: 'Say whether an image is normal',
    description:
      'Kept with the result, in place of an earlier verdict. It feeds evaluation and threshold, never training; normal images can be ' +
      'offered to a revision of the model.',
    params: imageParams,
    body: { json: verdictRequestSchema },
    replies: { 200: json('The result with the verdict.', scoringResultSchema) },
    problems: ['job-not-finished', 'job-without-results'],
  },
  getJobResultMap: {
    method: 'GET',
    path: '/v1/jobs/{id}/results/{imageId}/map',
    tag: 'jobs',
    summary: 'Read the anomaly map of an image',
    description:
      'As the `Accept` header asks: the image beside its overlay (the default), or the map as float32 in NPY format.',
    params: imageParams,
    replies: {
      200: { description: 'The map.', content: { 'image/png': 'bytes', 'application/x-npy': 'bytes' } },
    },
    problems: ['not-acceptable', 'job-not-finished', 'job-without-results', 'digest-mismatch'],
  },
} as const satisfies Record<string, Route>;
