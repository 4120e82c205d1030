import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Input } from './inputs.js';
import type { RequestInput } from './requests.js';

/** No input may be without an answer for longer. */
const timeoutMs = 60_000;
const noAnswer = `no answer in ${timeoutMs / 1000} s`;

/** What an input was answered with; 0 where the server hung up without an answer. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** Sends inputs to a server. */
export class Sender {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(baseUrl: string) {
    this.#url = new URL(baseUrl);
  }

  /** Rejects when there is no answer in time. */
  send(input: Input): Promise<Answered> {
    return 'framing' in input ? this.#sendBytes(input.framing, input.isAwaited) : this.#request(input);
  }

  close(): void {
    this.#agent.destroy();
  }

  #request({ method, path, headers, body }: RequestInput): Promise<Answered> {
    const { hostname: host, port } = this.#url;
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, host, port, method, path, headers });
      sent.on('response', async (response) => {
        const text = await response
          .setEncoding('utf8')
          .toArray()
          .catch(() => []);
        resolve({ status: response.statusCode!, body: text.join('') });
      });
      sent.setTimeout(timeoutMs, () => reject(new Error(noAnswer)));
      sent.on('error', () => resolve({ status: 0, body: '' }));
      sent.end(body);
    });
  }

  async #sendBytes(bytes: Uint8Array, isAwaited: boolean): Promise<Answered> {
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk.slice(0, 100);
    });
    // A server that has answered need not read on.
    socket.on('error', () => undefined);
    if (isAwaited) socket.write(bytes);
    else socket.end(bytes);
    await new Promise<void>((resolve, reject) => {
      socket.on('close', () => resolve());
      const limit = AbortSignal.timeout(timeoutMs);
      limit.addEventListener('abort', () => reject(new Error(noAnswer)));
    });
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), body: '' };
  }
}
