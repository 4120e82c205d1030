import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before an S3 server and passes everything on, until it is told to answer 500 to everything. */
export async function startFailingProxy(target: string) {
  const state = { failing: false, refused: 0 };
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    if (state.failing) {
      state.refused += 1;
      request.resume().on('end', () => {
        response.writeHead(500, { 'content-type': 'application/xml', connection: 'close' });
        response.end('<?xml version="1.0"?><Error><Code>InternalError</Code><Message>m</Message></Error>');
      });
      return;
    }
    const { method, url, headers } = request;
    const passed = forward({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
