import type { IncomingMessage } from 'node:http';
import { ProblemError, type RequestBody, type Route } from '@mediclip/contracts';
import type { ByteBudget, GrowingLease } from '@mediclip/threads';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ServerMemory } from '../memory.js';
import { bodyChunks } from './body-chunks.js';
import { GatheredBytes } from './gathered-bytes.js';

/** Media types of archives and forms: their bodies are handed on as streams. */
const streamTypes = [
  'application/zip',
  'application/x-tar',
  'application/gzip',
  'application/octet-stream',
  'multipart/form-data',
  'multipart/related',
];

/** A byte of JSON makes about so many of values: `[],` is an array. */
const valueBytesPerByte = 8;
const retryAfterSeconds = 2;

/** What the JSON of one request takes of a budget, until it is given back. */
export class JsonMemory {
  readonly #lease: GrowingLease;

  constructor(budget: ByteBudget) {
    this.#lease = budget.takeInPieces();
  }

  /** Throws `overloaded` where the budget has no room for so many more bytes of JSON, and their values. */
  take(bytes: number): void {
    const isTaken = this.#lease.grow(valueBytesPerByte * bytes);
    if (!isTaken) throw new ProblemError('overloaded', undefined, { retryAfterSeconds });
  }

  giveBack(): void {
    this.#lease.giveBack();
  }
}

/** Hands on every body as a stream, whatever it says it is: clients of the Open Inference Protocol need not say. */
export function streamBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

/**
 * Parses JSON bodies, hands archives and forms on as streams, and takes nothing else. What JSON takes is of the budget
 * `json` until its request is answered; where that has no room for what arrives, the request is turned away.
 */
export const bodyParsers = fastifyPlugin(async (app: FastifyInstance, { json }: Pick<ServerMemory, 'json'>) => {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const held = new WeakMap<FastifyRequest, JsonMemory>();
  app.addHook('preParsing', async (request, reply) => {
    const memory = new JsonMemory(json);
    held.set(request, memory);
    reply.raw.once('close', () => memory.giveBack());
  });
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    const text = await textOf(payload, request.routeOptions.bodyLimit, (bytes) => held.get(request)?.take(bytes));
    if (text === '') return undefined;
    return new Promise((resolve, reject) => {
      parseJson(request, text, (error, value) => (error ? reject(error) : resolve(value)));
    });
  });
  app.addContentTypeParser(streamTypes, (_request, payload, done) => done(null, payload));
});

/** A body that `take` has room for, chunk by chunk. */
async function textOf(payload: IncomingMessage, limitBytes: number, take: (bytes: number) => void): Promise<string> {
  const text = new GatheredBytes();
  for await (const chunk of bodyChunks(payload)) {
    if (text.sizeBytes + chunk.length > limitBytes) throw tooLarge(limitBytes);
    take(chunk.length);
    text.add(chunk);
  }
  return text.joined().toString('utf8');
}

/**
 * Throws `unsupported-media-type` or `payload-too-large` before a byte of the body is read, when its head says so
 * already.
 */
export function checkBodyHead(request: FastifyRequest, route: Route, limitBytes: number): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limitBytes) throw tooLarge(limitBytes);
  if (route.body === undefined) {
    if (length > 0 || request.headers['transfer-encoding'] !== undefined) {
      throw new ProblemError('validation-failed', 'This path takes no body.', {
        errors: [{ in: 'body', pointer: '', detail: 'There must be no body' }],
      });
    }
    return;
  }
  const accepted = mediaTypesOf(route.body);
  const sent = request.headers['content-type']?.split(';', 1).join('').trim().toLowerCase();
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  // What an archive is, gzipped or not, is told by its content.
  const isArchive = 'mediaTypes' in route.body && !route.body.mediaTypes.includes('multipart/related');
  if (encoding !== 'identity' && !isArchive) {
    throw new ProblemError('unsupported-media-type', 'This path takes no bodies with a Content-Encoding.');
  }
  if ('tensors' in route.body && sent === undefined) return;
  if (sent === undefined || !accepted.includes(sent)) {
    throw new ProblemError('unsupported-media-type', `This path takes ${accepted.join(' or ')}.`);
  }
}

/** The problem of a body beyond `limitBytes`. */
export function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError('payload-too-large', `The body may have ${limitBytes} bytes.`, { limit: limitBytes });
}

function mediaTypesOf(body: RequestBody): readonly string[] {
  if ('json' in body) return ['application/json'];
  if ('tensors' in body) return ['application/json', 'application/octet-stream'];
  return 'form' in body ? ['multipart/form-data'] : body.mediaTypes;
}
