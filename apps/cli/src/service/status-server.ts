import { createServer, type Server } from 'node:http';
import type { ReadinessCheck } from '@mediclip/contracts';
import type { Registry } from 'prom-client';

export interface StatusServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  readonly ready: () => Promise<readonly ReadinessCheck[]>;
}

/** The health, readiness and metrics of a process without an API, at the same paths as the API's. Resolves once it listens. */
export async function startStatusServer({ host, port, metrics, ready }: StatusServerOptions): Promise<Server> {
  const pages: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/healthz': async () => json(200, { status: 'ok' }),
    '/readyz': async () => {
      const checks = await ready();
      const isReady = checks.every(({ ok }) => ok);
      return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not-ready', checks });
    },
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
  };
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''] ?? (async () => json(404, { status: 'no-such-page' }));
    page().then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: Error) => response.writeHead(500, { 'content-type': 'text/plain' }).end(error.message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return server;
}

const json = (status: number, body: object) => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});
