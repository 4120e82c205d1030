import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReadinessCheck } from '@mediclip/contracts';
import type { Registry } from 'prom-client';

/** Prometheus, a health check and a person. */
const mostConnections = 16;

export interface StatusServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  readonly health: () => Promise<readonly ReadinessCheck[]>;
  readonly ready: () => Promise<readonly ReadinessCheck[]>;
}

/** A server that listens. */
export interface StatusServer {
  readonly address: string;
  /** Ends it with its connections. */
  close(): void;
}

/**
 * The health, readiness and metrics of a process, at the same paths as the API's, for whoever runs the service: a
 * worker has them here, an API where it has an operations port. Resolves once it listens; rejects when the port cannot
 * be had.
 */
export async function startStatusServer({
  host,
  port,
  metrics,
  health,
  ready,
}: StatusServerOptions): Promise<StatusServer> {
  const pages: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/healthz': async () => ofChecks('ok', await health()),
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
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    // Later errors are of connections that could not be taken, for want of descriptors.
    server.on('error', reject).listen(port, host, resolve);
  });
  const { port: listening } = server.address() as AddressInfo;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const ofChecks = (status: string, checks: readonly ReadinessCheck[]) =>
  checks.every(({ ok }) => ok) ? json(200, { status, checks }) : json(503, { status: 'not-ready', checks });

const json = (status: number, body: object) => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});
