import { ProblemError, type RequestBody, type Route } from '@mediclip/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** Media types of archives and forms: their bodies are handed on as streams. */
const streamTypes = [
  'application/zip',
  'application/x-tar',
  'application/gzip',
  'application/octet-stream',
  'multipart/form-data',
];

/** Parses JSON bodies, hands archives and forms on as streams, and takes nothing else. */
export const bodyParsers = fastifyPlugin(async (app: FastifyInstance) => {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parseJson(request, body as string, done);
  });
  app.addContentTypeParser(streamTypes, (_request, payload, done) => done(null, payload));
});

/** Throws `unsupported-media-type` or `payload-too-large` before a byte of the body is read, when its head says so already. */
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
  return 'form' in body ? ['multipart/form-data'] : body.mediaTypes;
}
