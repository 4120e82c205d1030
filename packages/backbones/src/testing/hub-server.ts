import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test wants a hub to do; by default it serves the file as Hugging Face's does. */
export interface HubBehaviour {
  readonly content: Buffer;
  /** SHA-256 that the hub tells. */
  readonly sha256: string;
  /** Only requests to the hub with this token are answered. */
  readonly token?: string;
  /** Looks at a request first; true when it has answered it. */
  intercept?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Bytes after which the storage cuts the n-th answer (from 0); undefined lets it end. */
  cutAfter?(answer: number): number | undefined;
  /** Whether the storage ignores Range. */
  readonly ignoresRange?: boolean;
}

interface HubRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface HubServer {
  readonly baseUrl: string;
  readonly requests: HubRequest[];
  close(): Promise<void>;
}

/**
 * A hub on the loopback address: `/…/resolve/main/…` redirects with the file's tag and size to a storage of another
 * origin, which answers ranges.
 */
export async function startHub(behaviour: HubBehaviour): Promise<HubServer> {
  const requests: HubRequest[] = [];
  const { content, sha256, token } = behaviour;
  let answers = 0;

  const storage = await listen((request, response) => {
    const start = behaviour.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const isPart = request.headers.range !== undefined && !behaviour.ignoresRange;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': content.length - start,
      etag: `"${sha256}"`,
      ...(isPart && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    const cut = behaviour.cutAfter?.(answers++);
    if (cut === undefined) response.end(content.subarray(start));
    else response.write(content.subarray(start, start + cut), () => response.destroy());
  });

  const hub = await listen((request, response) => {
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
    } else if (!/^\/[\w-]+\/[\w.-]+\/resolve\/main\/[\w.]+$/.test(request.url ?? '')) {
      response.writeHead(404).end();
    } else {
      response
        .writeHead(302, {
          location: `${storage.url}/blobs/${sha256}`,
          'x-linked-etag': `"${sha256}"`,
          'x-linked-size': content.length,
        })
        .end();
    }
  });

  function listen(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, path: url, range: headers.range, authorization: headers.authorization });
      if (!behaviour.intercept?.(request, response)) answer(request, response);
    });
    return new Promise<{ url: string; close: () => Promise<void> }>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const close = () =>
          new Promise<void>((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          });
        resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close });
      });
    });
  }

  return {
    baseUrl: hub.url,
    requests,
    close: async () => {
      await Promise.all([hub.close(), storage.close()]);
    },
  };
}
