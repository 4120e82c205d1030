import type { z } from 'zod';
import { type ProblemSlug, problemKind } from '../problems/catalogue.js';
import { problemMediaType } from '../problems/problem.js';
import { problemsOf } from '../routes/problems-of.js';
import { type Content, isInferencePath, type Route } from '../routes/route.js';
import type { JsonObject } from './json-schemas.js';

/** Bytes, as generators of clients take them. */
const binary = { schema: { type: 'string', format: 'binary' } };

/** The schemas of a route, each under a key of its own. */
export function schemasOf(id: string, route: Route): Record<string, z.ZodType> {
  const schemas: Record<string, z.ZodType> = {};
  for (const part of ['params', 'query', 'headers'] as const) {
    if (route[part]) schemas[`${id} ${part}`] = route[part];
  }
  if (route.body && 'json' in route.body) schemas[`${id} body`] = route.body.json;
  if (route.body && 'tensors' in route.body) schemas[`${id} body`] = route.body.tensors;
  if (route.body && 'form' in route.body) schemas[`${id} body`] = route.body.form;
  for (const [status, { content = {} }] of Object.entries(route.replies)) {
    for (const [mediaType, value] of Object.entries(content)) {
      if (value !== 'bytes') schemas[`${id} ${status} ${mediaType}`] = 'events' in value ? value.events : value;
    }
  }
  return schemas;
}

/** The OpenAPI operation of a route; `schemas` holds the JSON schemas of `schemasOf`. */
export function operationObject(id: string, route: Route, schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const parameters = [
    ...parameterObjects('path', schemas[`${id} params`]),
    ...parameterObjects('query', schemas[`${id} query`]),
    ...parameterObjects('header', schemas[`${id} headers`]),
    ...(route.method === 'POST' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  return {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    ...(route.open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: bodyObject(route.body, schemas[`${id} body`]) }),
    responses: merged(replyObjects(id, route, schemas), problemReplies(route)),
  };
}

function parameterObjects(place: 'path' | 'query' | 'header', schema: JsonObject | undefined): JsonObject[] {
  if (!schema) return [];
  const { properties, required = [] } = schema as { properties: Record<string, JsonObject>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...value }]) => ({
    name,
    in: place,
    ...(required.includes(name) && { required: true }),
    ...(description !== undefined && { description }),
    schema: value,
  }));
}

function bodyObject(body: NonNullable<Route['body']>, schema: JsonObject | undefined): JsonObject {
  if ('json' in body) return { required: true, content: { 'application/json': { schema } } };
  if ('tensors' in body) {
    const content = { 'application/json': { schema }, 'application/octet-stream': binary };
    return { required: true, description: body.description, content };
  }
  const content =
    'form' in body
      ? { 'multipart/form-data': { schema } }
      : Object.fromEntries(body.mediaTypes.map((mediaType) => [mediaType, binary]));
  return { required: true, description: body.description, content };
}

/** Replies and problems by status; what both have one of is one reply of two media types. */
function merged(replies: JsonObject, problems: JsonObject): JsonObject {
  const both = { ...problems, ...replies };
  for (const status of Object.keys(problems).filter((status) => status in replies)) {
    const [reply, problem] = [replies[status], problems[status]] as [JsonObject, JsonObject];
    both[status] = {
      ...problem,
      ...reply,
      description: `${reply.description}\n${problem.description}`,
      headers: { ...Object(problem.headers), ...Object(reply.headers) },
      content: { ...Object(reply.content), ...Object(problem.content) },
    };
  }
  return both;
}

function replyObjects(id: string, route: Route, schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const replies: JsonObject = {};
  for (const [status, { description, content, location }] of Object.entries(route.replies)) {
    const headers = {
      ...(location && { Location: { $ref: '#/components/headers/Location' } }),
      ...(route.method === 'POST' && { 'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' } }),
    };
    replies[status] = {
      description,
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(content && {
        content: Object.fromEntries(
          Object.entries(content).map(([mediaType, value]) => [
            mediaType,
            contentObject(value, schemas[`${id} ${status} ${mediaType}`]),
          ]),
        ),
      }),
    };
  }
  return replies;
}

function contentObject(content: Content, schema: JsonObject | undefined): JsonObject {
  if (content === 'bytes') return binary;
  return { schema: 'events' in content ? eventSchema(schema) : schema };
}

/** One event of a stream, as tools that read OpenAPI 3.1 take the schema of `text/event-stream`. */
function eventSchema(data: JsonObject | undefined): JsonObject {
  return {
    type: 'object',
    description: 'One event of the stream.',
    required: ['event', 'id', 'data'],
    properties: {
      event: { type: 'string' },
      id: { type: 'string' },
      data: { type: 'string', contentMediaType: 'application/json', contentSchema: data },
    },
  };
}

/** One reply for each status that a problem can have. */
function problemReplies(route: Route): JsonObject {
  const slugs: readonly ProblemSlug[] = problemsOf(route);
  const content = isInferencePath(route.path)
    ? { 'application/json': { schema: { $ref: '#/components/schemas/InferenceError' } } }
    : { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } };
  const replies: JsonObject = {};
  for (const status of new Set(slugs.map((slug) => problemKind(slug).status))) {
    const ofStatus = slugs.filter((slug) => problemKind(slug).status === status);
    const headers = {
      ...(ofStatus.some((slug) => problemKind(slug).retryable) && {
        'Retry-After': { $ref: '#/components/headers/RetryAfter' },
      }),
      ...(status === 401 && { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }),
    };
    replies[status] = {
      description: ofStatus.map((slug) => `\`${slug}\`: ${problemKind(slug).title}.`).join('\n'),
      ...(Object.keys(headers).length > 0 && { headers }),
      content,
    };
  }
  return replies;
}
