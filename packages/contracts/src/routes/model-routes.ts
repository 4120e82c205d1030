import { z } from 'zod';
import { backbonePageSchema } from '../resources/backbones.js';
import { calibrationRequestSchema } from '../resources/calibrations.js';
import { driftQuerySchema, driftSchema } from '../resources/drift.js';
import { jobSchema } from '../resources/jobs.js';
import {
  modelChangeSchema,
  modelPageQuerySchema,
  modelPageSchema,
  modelSchema,
  residencySetSchema,
} from '../resources/models.js';
import { pageQuerySchema } from '../resources/pages.js';
import { sliceAxisSchema } from '../resources/reading.js';
import { revisionRequestSchema } from '../resources/revisions.js';
import { scoreAnswerSchema } from '../resources/scores.js';
import { thresholdSetSchema } from '../resources/thresholds.js';
import { deleted, imageProblems, json, made, modelParams, packedProblems, type Route } from './route.js';

export const modelRoutes = {
  listBackbones: {
    method: 'GET',
    path: '/v1/backbones',
    tag: 'backbones',
    summary: 'List the backbones',
    query: pageQuerySchema,
    replies: { 200: json('One page of the catalogue, in its order.', backbonePageSchema) },
  },
  listModels: {
    method: 'GET',
    path: '/v1/models',
    tag: 'models',
    summary: 'List the models',
    query: modelPageQuerySchema,
    replies: { 200: json('One page of models, newest first.', modelPageSchema) },
  },
  getModel: {
    method: 'GET',
    path: '/v1/models/{id}',
    tag: 'models',
    summary: 'Read a model',
    description: 'Its configuration, where it comes from, its losses and its calibration.',
    params: modelParams,
    replies: { 200: json('The model.', modelSchema) },
  },
  changeModel: {
    method: 'PATCH',
    path: '/v1/models/{id}',
    tag: 'models',
    summary: 'Change the name or the description of a model, or where its results go',
    params: modelParams,
    body: { json: modelChangeSchema },
    replies: { 200: json('The model.', modelSchema) },
    problems: ['dicomweb-server-unknown', 'study-without-references'],
  },
  deleteModel: {
    method: 'DELETE',
    path: '/v1/models/{id}',
    tag: 'models',
    summary: 'Delete a model',
    description:
      'Refused while a job that has not ended uses it. Its evaluations and the results of its scorings stay.',
    params: modelParams,
    replies: { 204: deleted },
    problems: ['model-in-use', 'model-has-alias'],
  },
  scoreImages: {
    method: 'POST',
    path: '/v1/models/{id}/score',
    tag: 'models',
    summary: 'Score images at once',
    description:
      'With `Accept: image/png` and exactly one image, the answer is the image beside itself under its heat map.',
    params: modelParams,
    body: {
      form: z.strictObject({ axis: sliceAxisSchema.optional(), file: z.array(z.file()).min(1) }),
      description: 'One or more `file` parts, `axis` before those that it is for. A bad file costs only itself.',
    },
    replies: {
      200: {
        description: 'The answer for every file, or the overlay of one.',
        content: { 'application/json': scoreAnswerSchema, 'image/png': 'bytes' },
      },
    },
    problems: [
      'not-acceptable',
      'backbone-weights-missing',
      'digest-mismatch',
      'queue-unavailable',
      'device-out-of-memory',
      'half-precision-overflow',
      'engine-crashed',
      'deadline-exceeded',
      ...imageProblems,
    ],
  },
  calibrateModel: {
    method: 'POST',
    path: '/v1/models/{id}/calibration',
    tag: 'models',
    summary: 'Choose the threshold of a model',
    description: 'A job: a split-conformal threshold from normal images that were never used in training.',
    params: modelParams,
    body: { json: calibrationRequestSchema },
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
  reviseModel: {
    method: 'POST',
    path: '/v1/models/{id}/revisions',
    tag: 'models',
    summary: 'Add normal images to a model',
    description:
      'A job that makes a new model: the memory of normal patches is drawn again over the old and the new normals, what was learned stays. ' +
      'Only normal images are added, never abnormal ones. The new model is calibrated at once where the old one was and the images of its ' +
      'calibration are still there.',
    params: modelParams,
    body: { json: revisionRequestSchema },
    replies: { 202: made('The job.', jobSchema) },
    problems: ['queue-full', 'queue-unavailable', 'too-few-images', 'backbone-weights-missing', 'model-without-memory'],
  },
  setThreshold: {
    method: 'PUT',
    path: '/v1/models/{id}/threshold',
    tag: 'models',
    summary: 'Change the threshold of a model at once',
    description:
      'With `alpha`: the thresholds that the images of its calibration give, without a job and without a new look at an image. With ' +
      '`threshold`: set by hand, no guarantee; it decides until it is deleted, or another alpha or calibration is chosen.',
    params: modelParams,
    body: { json: thresholdSetSchema },
    replies: { 200: json('The model.', modelSchema) },
    problems: ['model-not-calibrated', 'too-few-images'],
  },
  deleteThreshold: {
    method: 'DELETE',
    path: '/v1/models/{id}/threshold',
    tag: 'models',
    summary: 'Go back from a threshold set by hand to the calibrated one',
    params: modelParams,
    replies: { 204: deleted },
  },
  setResidency: {
    method: 'PUT',
    path: '/v1/models/{id}/residency',
    tag: 'models',
    summary: 'Keep a model warm in every worker, or no longer',
    description:
      'A pinned model is loaded by every worker within half a minute, at its start too, and is never given up for others. A tenant may pin 8.',
    params: modelParams,
    body: { json: residencySetSchema },
    replies: { 200: json('The model.', modelSchema) },
    problems: ['too-many-pinned-models'],
  },
  getDrift: {
    method: 'GET',
    path: '/v1/models/{id}/drift',
    tag: 'models',
    summary: 'Tell whether the images of a model have changed',
    description:
      'Of a calibrated model: its latest scores that were given at once (`POST …/score`) beside what they would be without a change, and a test ' +
      'that may be looked at any time. No pixels are kept for it.',
    params: modelParams,
    query: driftQuerySchema,
    replies: { 200: json('The drift.', driftSchema) },
    problems: ['model-not-calibrated'],
  },
  exportModel: {
    method: 'GET',
    path: '/v1/models/{id}/export',
    tag: 'models',
    summary: 'Export a model',
    description:
      'A zip that runs in any ONNX Runtime: `detector.onnx` (RGB bytes `[1, side, side, 3]` in, `map` and `score` out) with its ' +
      'weights, `model-card.md`, examples in Python and Node, and all that an import needs. `SHA256SUMS` lists every file.',
    params: modelParams,
    replies: { 200: { description: 'The archive.', content: { 'application/zip': 'bytes' } } },
    problems: ['storage-full', 'backbone-weights-missing', 'backbone-weights-differ', 'digest-mismatch'],
  },
  importModel: {
    method: 'POST',
    path: '/v1/models/import',
    tag: 'models',
    summary: 'Import an exported model',
    description:
      'The model gets an id of its own; its configuration, lineage and calibration stay. Refused when a byte of it was changed, and ' +
      'when the weights of its backbone are others here.',
    body: {
      mediaTypes: ['application/zip', 'application/octet-stream'],
      description: 'The archive of an export, of this server or another.',
    },
    replies: { 201: made('The imported model.', modelSchema) },
    problems: [
      ...packedProblems,
      'quota-exceeded',
      'model-archive-invalid',
      'model-archive-changed',
      'backbone-unknown',
      'backbone-weights-missing',
      'backbone-weights-differ',
      'digest-mismatch',
    ],
  },
} as const satisfies Record<string, Route>;
