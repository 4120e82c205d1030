import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProblemError, type ProblemSlug, problemMediaType } from '@mediclip/contracts';

/** A request as the server saw it, complete. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers one request. */
export type Handler = (response: ServerResponse, request: SeenRequest) => void;

export interface TestServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** The handlers of the next requests, in order; one request more than handlers is answered with 500. */
  answer(...handlers: Handler[]): void;
  close(): Promise<void>;
}

/** A server on loopback whose every answer a test writes. */
export async function startTestServer(): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const handlers: Handler[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      // The client went away in the middle of its body: there is nobody to answer and nothing to record.
      return;
    }
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks) };
    requests.push(request);
    const handler = handlers.shift() ?? sendProblem('internal');
    handler(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (...next) => handlers.push(...next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(value: unknown, status = 200): Handler {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}

export function sendProblem(slug: ProblemSlug, headers: Record<string, string> = {}): Handler {
  const problem = new ProblemError(slug).toProblem();
  return (response) => {
    response.writeHead(problem.status, { 'content-type': problemMediaType, ...headers }).end(JSON.stringify(problem));
  };
}

/** Breaks the connection after `text`. */
export function breakAfter(text: string, contentType = 'application/json'): Handler {
  return (response) => {
    response.writeHead(200, { 'content-type': contentType });
    response.write(text, () => response.destroy());
  };
}
