import { createServer, type Server } from 'node:http';
import type { ReadinessCheck } from '@mediclip/contracts';
import type { Registry } from 'prom-client';

export interface StatusServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  readonly health: () => readonly ReadinessCheck[];
  readonly ready: () => Promise<readonly ReadinessCheck[]>;
}

/**
 * The health, readiness and metrics of a process without an API, at the same paths as the API's. Resolves once it
 * listens; rejects when the port cannot be had.
 */
export async function startStatusServer({ host, port, metrics, health, ready }: StatusServerOptions): Promise<Server> {
  const pages: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/healthz': async () => ofChecks('ok', health()),
    '/readyz': async () => ofChecks('ready', await ready()),
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
  };
  const server = createServer((request, response) => {
    const page = pages[(request.url ?? '').split('?', 1)[0]!] ?? (async () => json(404, { status: 'no-such-page' }));
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

const ofChecks = (status: string, checks: readonly ReadinessCheck[]) =>
  checks.every(({ ok }) => ok) ? json(200, { status, checks }) : json(503, { status: 'not-ready', checks });

const json = (status: number, body: object) => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});
