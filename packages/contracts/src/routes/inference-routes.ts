import { z } from 'zod';
import {
  inferenceAnswerSchema,
  inferenceHeaderLength,
  inferenceLiveSchema,
  inferenceModelReadySchema,
  inferenceModelSchema,
  inferenceReadySchema,
  inferenceRequestSchema,
  inferenceServerSchema,
} from '../resources/inference.js';
import { imageProblems, json, modelParams, type Route } from './route.js';

/** The Open Inference Protocol (KServe V2), over HTTP, with the extension for tensors in binary. */
export const inferenceRoutes = {
  getInferenceServer: {
    method: 'GET',
    path: '/v2',
    tag: 'inference',
    summary: 'Name, version and extensions of the server',
    replies: { 200: json('The server.', inferenceServerSchema) },
    open: true,
  },
  getInferenceLive: {
    method: 'GET',
    path: '/v2/health/live',
    tag: 'inference',
    summary: 'Is the process alive and well?',
    replies: { 200: json('It is.', inferenceLiveSchema) },
    problems: ['not-ready'],
    open: true,
  },
  getInferenceReady: {
    method: 'GET',
    path: '/v2/health/ready',
    tag: 'inference',
    summary: 'Can the server do its work?',
    replies: { 200: json('It can.', inferenceReadySchema) },
    problems: ['not-ready', 'draining'],
    open: true,
  },
  getInferenceModel: {
    method: 'GET',
    path: '/v2/models/{id}',
    tag: 'inference',
    summary: 'Inputs and outputs of a model',
    params: modelParams,
    replies: { 200: json('The model.', inferenceModelSchema) },
    problems: ['backbone-unknown', 'backbone-weights-missing'],
  },
  getInferenceModelReady: {
    method: 'GET',
    path: '/v2/models/{id}/ready',
    tag: 'inference',
    summary: 'Can the model be asked?',
    params: modelParams,
    replies: { 200: json('It can.', inferenceModelReadySchema) },
    problems: ['backbone-unknown', 'backbone-weights-missing'],
  },
  infer: {
    method: 'POST',
    path: '/v2/models/{id}/infer',
    tag: 'inference',
    summary: 'Score images, as Triton and KServe are asked',
    description:
      'A file that cannot be used fails the request. The answer is JSON, or JSON with tensors in binary behind it, by what is asked for.',
    params: modelParams,
    headers: z.object({
      [inferenceHeaderLength]: z.coerce.number().int().min(1).optional().meta({
        description: 'Bytes of the JSON, where tensors in binary follow it.',
      }),
    }),
    body: {
      tensors: inferenceRequestSchema,
      description:
        'JSON; or, with `Inference-Header-Content-Length`, so many bytes of JSON and then the input in binary: before each image its length in four bytes, little-endian.',
    },
    replies: {
      200: {
        description: 'The outputs.',
        content: { 'application/json': inferenceAnswerSchema, 'application/octet-stream': 'bytes' },
      },
    },
    problems: [
      'model-not-calibrated',
      'backbone-unknown',
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
} as const satisfies Record<string, Route>;
