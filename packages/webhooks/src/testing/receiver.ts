import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@mediclip/testing';

/** A request as it came. */
export interface Received {
  readonly path: string;
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** How a path answers the `nth` request (from 1) for one event, named by its id; undefined: it is left open. */
type Answer = (nth: number, id: string) => number | undefined | Promise<number | undefined>;

/** A server that webhooks are sent to. */
export class Receiver {
  readonly received: Received[] = [];
  readonly answers = new Map<string, Answer>();
  readonly #server = createServer((request, response) => void this.#take(request, response));
  #port = 0;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.listen();
    return receiver;
  }

  /** Listens, on the port from before where there was one. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://hooks.example:${this.#port}${path}`;
  }

  /** Ids of the events that came to a path, each once. */
  idsAt(path: string): Set<string> {
    return new Set(this.received.filter((request) => request.path === path).map(({ id }) => id));
  }

  /** Resolves when `isSo`; the test's own time limit ends the wait. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    await until(async () => (await isSo()) || undefined);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!;
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = request.headers as Record<string, string>;
    const id = headers['webhook-id']!;
    this.received.push({ path, id, headers, body });
    const nth = this.received.filter((earlier) => earlier.path === path && earlier.id === id).length;
    const status = await (this.answers.get(path) ?? (() => 200))(nth, id);
    if (status === undefined) return;
    if (status >= 300 && status < 400) response.setHeader('location', '/elsewhere');
    response.writeHead(status).end();
  }
}
