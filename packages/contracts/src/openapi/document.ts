import { problemSchema } from '../problems/problem.js';
import { inferenceErrorSchema } from '../resources/inference.js';
import { operationIds, routeOf } from '../routes/routes.js';
import { serviceVersion } from '../version.js';
import { type JsonObject, jsonSchemas } from './json-schemas.js';
import { operationObject, schemasOf } from './operation.js';

const description = `Turns a handful of normal medical images into an anomaly detector, and serves it.

A research tool, not a medical device.

Errors are problem details (RFC 9457); each \`type\` is a page that says what to do. (Below \`/v2\` they have the shape of the Open Inference Protocol.) Unknown fields are refused.
Lists are cursor pages: pass \`nextCursor\` as \`cursor\` until there is none.
Every POST takes an \`Idempotency-Key\`: the same key and body give the same answer within 24 hours.`;

const tags = [
  { name: 'datasets', description: 'Images to adapt to, to score and to evaluate on.' },
  { name: 'backbones', description: 'The frozen towers that detectors are adapted from.' },
  { name: 'models', description: 'Adapted detectors: make, read, score, evaluate.' },
  { name: 'jobs', description: 'Work that takes longer than a request.' },
  { name: 'webhooks', description: 'Addresses that are told of events.' },
  { name: 'inference', description: 'The Open Inference Protocol, which Triton and KServe speak.' },
  { name: 'service', description: 'The server itself.' },
];

const parameters = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Names this request, so that a repetition gives the same answer instead of doing the work twice.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
};

const headers = {
  Location: { description: 'Path of what was made.', schema: { type: 'string' } },
  RetryAfter: {
    description: 'Seconds to wait before the request is repeated.',
    schema: { type: 'integer', minimum: 0 },
  },
  IdempotentReplayed: {
    description: '`true` when the answer is that of an earlier request with this `Idempotency-Key`.',
    schema: { type: 'string', const: 'true' },
  },
  WwwAuthenticate: { description: 'How to authenticate.', schema: { type: 'string' } },
};

const securitySchemes = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key made by `mediclip keys create`. A server without keys, on loopback only, asks for none.',
  },
};

/** The OpenAPI 3.1 document of every operation that the server offers. */
export function openApiDocument(): JsonObject {
  const schemas = Object.assign(
    { problem: problemSchema, inferenceError: inferenceErrorSchema },
    ...operationIds.map((id) => schemasOf(id, routeOf(id))),
  );
  const { inline, components } = jsonSchemas(schemas);
  const paths: Record<string, JsonObject> = {};
  for (const id of operationIds) {
    const route = routeOf(id);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationObject(id, route, inline) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MediCLIP',
      version: serviceVersion,
      description,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags,
    paths,
    components: { schemas: components, parameters, headers, securitySchemes },
  };
}
