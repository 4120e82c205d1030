import type { Socket } from 'node:net';
import { ProblemError, problemMediaType } from '@mediclip/contracts';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Limits on the silence of its connection, once it is served. */
    idleLimits: { readonly usualMs: number; readonly longestWorkMs: number } | undefined;
  }
}

/** From the first byte of a request to the end of its head. */
export const headersTimeoutMs = 15_000;

/** How often Node looks for requests that are late. */
export const timeoutCheckMs = 5_000;

/**
 * Raises the limit on idle connections of this request to `longestWorkMs` as soon as its body has arrived: the silence
 * is then the server's own, but work that never ends must not hold its client, its files and its key for ever. Node
 * sets the usual limit again with the next request of the connection.
 */
export function extendIdleTimeout(request: FastifyRequest, longestWorkMs: number): void {
  const lift = () => request.socket.setTimeout(longestWorkMs);
  request.idleLimits = { usualMs: request.socket.timeout ?? 0, longestWorkMs };
  if (request.raw.complete) lift();
  else request.raw.once('end', lift);
}

/** Says whose silence it is while a body is read: the client's, or that of the server, which has enough for now. */
export function whoIsAwaited({ idleLimits, socket }: FastifyRequest, who: 'client' | 'server'): void {
  if (idleLimits) socket.setTimeout(who === 'client' ? idleLimits.usualMs : idleLimits.longestWorkMs);
}

/**
 * Answers what never became a request (it took too long, or is no HTTP) in the words of the catalogue, and hangs up.
 */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = isLate
    ? new ProblemError('request-timeout')
    : new ProblemError('validation-failed', 'The server cannot read this as an HTTP request.');
  const body = JSON.stringify(problem.toProblem());
  const reason = isLate ? 'Request Timeout' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${problem.status} ${reason}\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
