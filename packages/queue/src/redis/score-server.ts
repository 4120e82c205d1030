import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { inSpanOf } from '@mediclip/tracing';
import { Redis } from 'ioredis';
import type { ScoreAnswerer, ScoreServer, ServeOptions } from '../score-channel.js';
import { afterErrorMs, blocking, blockingSeconds, isConnectionError } from './connection.js';
import {
  announce,
  announceEveryMs,
  parseReference,
  type RequestReference,
  type ScoreKeys,
  sendReply,
  takeRequest,
} from './score-protocol.js';

export interface RedisScoreServerOptions extends ServeOptions {
  url: string;
  keys: ScoreKeys;
  /** For what doesn't block. */
  connection: Redis;
  onError: (error: Error) => void;
  onClosed: (server: RedisScoreServer) => void;
}

/** Takes requests from Redis, `concurrency` at once, and sends the replies. */
export class RedisScoreServer implements ScoreServer {
  readonly #answer: ScoreAnswerer;
  readonly #options: RedisScoreServerOptions;
  readonly #serverId = randomUUID();
  readonly #blocking: Redis;
  readonly #announcing: NodeJS.Timeout;
  /** By request id. */
  readonly #running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  readonly #taking: Promise<void>;
  #topics: readonly string[];
  #closing = false;

  constructor(answer: ScoreAnswerer, options: RedisScoreServerOptions) {
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

  /** The caller of a request has gone. */
  drop(requestId: string): void {
    this.#running.get(requestId)?.controller.abort(new Error('The caller has gone.'));
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#announcing);
    const leaving = this.setTopics([]).then(() => true);
    // A Redis that is away can't end the wait for it.
    if (await this.#quietly(leaving)) await this.#taking;
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    this.disconnect();
  }

  /** Ends at once, whatever is under way. */
  disconnect(): void {
    this.#closing = true;
    clearInterval(this.#announcing);
    this.#blocking.disconnect();
    this.#options.onClosed(this);
  }

  async #announce(): Promise<void> {
    const { connection, keys } = this.#options;
    await announce(connection, keys, this.#serverId, this.#topics);
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
      if (this.#running.size >= concurrency) {
        await Promise.race([...this.#running.values()].map(({ ended }) => ended));
        continue;
      }
      const popped = await this.#quietly(this.#blocking.blpop(wake, ...keys.requests(this.#topics), blockingSeconds));
      if (popped === undefined) await setTimeout(this.#closing ? 0 : afterErrorMs);
      else if (popped !== null && popped[0] !== wake) this.#start(parseReference(popped[1]));
    }
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
    if (!controller.signal.aborted) await sendReply(connection, keys, channelId, { requestId, failed, bytes });
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
