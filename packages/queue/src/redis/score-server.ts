import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ByteBudget } from '@mediclip/threads';
import { inSpanOf } from '@mediclip/tracing';
import { Redis } from 'ioredis';
import type { ByteAnswerer, ScoreServer, ServeOptions } from '../score-channel.js';
import { afterErrorMs, blocking, blockingSeconds, isConnectionError } from './connection.js';
import {
  announce,
  announceEveryMs,
  parseReference,
  type RequestReference,
  returnRequest,
  type ScoreKeys,
  sendReply,
  takeRequest,
} from './score-protocol.js';

export interface RedisScoreServerOptions extends ServeOptions {
  url: string;
  keys: ScoreKeys;
  /** For what does not block. */
  connection: Redis;
  /** What is sent over it at once. */
  underWay: ByteBudget;
  onError: (error: Error) => void;
  onClosed: (server: RedisScoreServer) => void;
}

/** Takes requests from Redis, `concurrency` at once, and sends the replies. */
export class RedisScoreServer implements ScoreServer {
  readonly #answer: ByteAnswerer;
  readonly #options: RedisScoreServerOptions;
  readonly #serverId = randomUUID();
  readonly #blocking: Redis;
  readonly #announcing: NodeJS.Timeout;
  /** By request id. */
  readonly #running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  readonly #taking: Promise<void>;
  #topics: readonly string[];
  /** Resolves with the end of the pause; there is one while it is paused. */
  #paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #closing = false;

  constructor(answer: ByteAnswerer, options: RedisScoreServerOptions) {
    this.#answer = answer;
    this.#options = options;
    this.#topics = options.topics;
    this.#blocking = new Redis(options.url, blocking);
    // The channel's own connection reports that Redis is away.
    this.#blocking.on('error', () => undefined);
    this.#announcing = setInterval(() => this.#quietly(this.#announce()), announceEveryMs);
    this.#taking = this.#take();
  }

  async setTopics(topics: readonly string[]): Promise<void> {
    this.#topics = topics;
    await this.#announce();
    await this.#wake();
  }

  async pause(): Promise<void> {
    if (this.#paused || this.#closing) return;
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#paused = { over, end };
    await this.#announce();
    await this.#wake();
  }

  async resume(): Promise<void> {
    this.#endPause();
    if (!this.#closing) await this.#announce();
  }

  /** The caller of a request has gone. */
  drop(requestId: string): void {
    this.#running.get(requestId)?.controller.abort(new Error('The caller has gone.'));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#endPause();
    clearInterval(this.#announcing);
    const leaving = this.setTopics([]).then(() => true);
    // A Redis that is away cannot end the wait for it.
    if (await this.#quietly(leaving)) await this.#taking;
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    this.disconnect();
  }

  /** Ends at once, whatever is under way. */
  disconnect(): void {
    this.#closing = true;
    this.#endPause();
    clearInterval(this.#announcing);
    this.#blocking.disconnect();
    this.#options.onClosed(this);
  }

  #endPause(): void {
    this.#paused?.end();
    this.#paused = undefined;
  }

  async #announce(): Promise<void> {
    const { connection, keys } = this.#options;
    await announce(connection, keys, this.#serverId, this.#paused ? [] : this.#topics);
  }

  async #wake(): Promise<void> {
    const { connection, keys } = this.#options;
    const wake = keys.wake(this.#serverId);
    await Promise.all([connection.rpush(wake, ''), connection.expire(wake, blockingSeconds)]);
  }

  async #take(): Promise<void> {
    const { keys, concurrency } = this.#options;
    const wake = keys.wake(this.#serverId);
    while (!this.#closing) {
      if (this.#paused) {
        await this.#paused.over;
        continue;
      }
      if (this.#running.size >= concurrency) {
        await Promise.race([...this.#running.values()].map(({ ended }) => ended));
        continue;
      }
      const popped = await this.#quietly(this.#blocking.blpop(wake, ...keys.requests(this.#topics), blockingSeconds));
      if (popped === undefined) await setTimeout(this.#closing ? 0 : afterErrorMs);
      else if (popped !== null && popped[0] !== wake) await this.#quietly(this.#receive(popped[1]));
    }
  }

  /** Starts on a request, or leaves it to others when it came as the pause began. */
  async #receive(element: string): Promise<void> {
    if (!this.#paused) this.#start(parseReference(element));
    else await returnRequest(this.#options.connection, this.#options.keys, element);
  }

  #start(reference: RequestReference): void {
    const controller = new AbortController();
    const ended = this.#serve(reference, controller).finally(() => this.#running.delete(reference.requestId));
    this.#running.set(reference.requestId, { controller, ended: this.#quietly(ended).then(() => undefined) });
  }

  async #serve({ channelId, requestId, topic, trace }: RequestReference, controller: AbortController): Promise<void> {
    const { connection, keys } = this.#options;
    const taken = await takeRequest(connection, keys, requestId);
    if (taken === undefined || controller.signal.aborted) return;
    const deadline = globalThis.setTimeout(() => controller.abort(new Error('The deadline has passed.')), taken.leftMs);
    const call = { topic, signal: controller.signal };
    const answered = inSpanOf(trace, 'answer score', { kind: 'consumer' }, () => this.#answer(taken.payload, call));
    const { failed, bytes } = await answered.then(
      (reply) => ({ failed: false, bytes: reply }),
      (error: Error) => ({ failed: true, bytes: new TextEncoder().encode(error.message) }),
    );
    clearTimeout(deadline);
    if (controller.signal.aborted) return;
    await this.#options.underWay.with(bytes.length, {}, () =>
      sendReply(connection, keys, channelId, { requestId, failed, bytes }),
    );
  }

  /** Reports a failure instead of passing it on; a Redis that is away is reported by the channel's connection. */
  async #quietly<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!isConnectionError(error as Error)) this.#options.onError(error as Error);
      return undefined;
    }
  }
}
