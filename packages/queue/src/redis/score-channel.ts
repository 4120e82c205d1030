import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { ByteBudget } from '@mediclip/threads';
import { inSpan, traceCarrier } from '@mediclip/tracing';
import { Redis } from 'ioredis';
import { QueueUnavailableError } from '../job-queue.js';
import {
  assertDeadline,
  type ByteAnswerer,
  type ByteChannel,
  ScoreAnswerError,
  type ScoreChannel,
  ScoreDeadlineError,
  type ScoreRequestOptions,
  type ScoreServer,
  type ServeOptions,
} from '../score-channel.js';
import {
  afterErrorMs,
  blocking,
  blockingSeconds,
  connectFailingFast,
  isConnectionError,
  waitingForRedis,
} from './connection.js';
import { overBytes } from './over-bytes.js';
import { dropRequest, parseReply, postRequest, type RequestReference, ScoreKeys } from './score-protocol.js';
import { RedisScoreServer } from './score-server.js';

export interface RedisScoreChannelOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss:` for TLS. */
  url: string;
  /** Before every key and channel; `mediclip` by default. */
  prefix?: string;
  /** Called with the errors that reach no caller, above all that Redis is away. */
  onError: (error: Error) => void;
}

/**
 * A request and reply channel between any number of processes on one Redis. Throws a `QueueUnavailableError` when Redis
 * cannot be reached now, refuses the password, or evicts keys.
 */
export async function openRedisScoreChannel(options: RedisScoreChannelOptions): Promise<ScoreChannel> {
  return overBytes(await openRedisByteChannel(options));
}

/** The same for any bytes. */
export async function openRedisByteChannel(options: RedisScoreChannelOptions): Promise<ByteChannel> {
  return new RedisByteChannel(await connectFailingFast(options.url), options);
}

/**
 * What is sent to Redis at once. More would only wait in the connection, where the time limit of a command counts: a
 * Redis that is well would seem to be away.
 */
const mostUnderWayBytes = 8 * 1024 * 1024;

interface Call {
  resolve: (reply: Uint8Array) => void;
  reject: (reason: unknown) => void;
}

class RedisByteChannel implements ByteChannel {
  readonly #connection: Redis;
  readonly #url: string;
  readonly #onError: (error: Error) => void;
  readonly #keys: ScoreKeys;
  readonly #channelId = randomUUID();
  /** Requests and replies that Redis has not taken yet. */
  readonly #underWay = new ByteBudget({ bytes: mostUnderWayBytes, maximumWaiting: Number.POSITIVE_INFINITY });
  /** Requests without a reply, by id. */
  readonly #calls = new Map<string, Call>();
  readonly #servers = new Set<RedisScoreServer>();
  /** Waits for replies, once something was asked. */
  #replies: Redis | undefined;
  /** Hears of callers that have gone, once there is a server. */
  #subscriber: Redis | undefined;
  #closed = false;

  constructor(connection: Redis, { url, prefix = 'mediclip', onError }: RedisScoreChannelOptions) {
    this.#connection = connection;
    this.#url = url;
    this.#onError = onError;
    this.#keys = new ScoreKeys(`${prefix}:scores`);
    connection.on('error', onError);
  }

  request(payload: Uint8Array, options: ScoreRequestOptions): Promise<Uint8Array> {
    return inSpan('request score', { kind: 'producer' }, () => this.#request(payload, options));
  }

  async #request(payload: Uint8Array, { topic, deadlineMs, signal }: ScoreRequestOptions): Promise<Uint8Array> {
    assertDeadline(deadlineMs);
    this.#assertOpen();
    signal?.throwIfAborted();
    if (this.#replies === undefined) void this.#readReplies();
    const requestId = randomUUID();
    const giveUp = (reason: unknown) => {
      this.#calls.get(requestId)?.reject(reason);
      // It is not sent any more, should it still wait for its turn.
      this.#calls.delete(requestId);
      // Should Redis be away, the deadline drops the request there.
      dropRequest(this.#connection, this.#keys, requestId).catch(() => undefined);
    };
    const onGone = () => giveUp(signal?.reason);
    const deadline = globalThis.setTimeout(() => giveUp(new ScoreDeadlineError(deadlineMs)), deadlineMs);
    signal?.addEventListener('abort', onGone);
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#calls.set(requestId, { resolve, reject });
        const reference = { channelId: this.#channelId, requestId, topic, trace: traceCarrier() };
        this.#post(reference, payload, performance.now() + deadlineMs, signal).catch(reject);
      });
    } finally {
      this.#calls.delete(requestId);
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onGone);
    }
  }

  /** Sends a request when its turn has come. */
  async #post(
    reference: RequestReference,
    payload: Uint8Array,
    endMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#underWay.with(payload.length, { signal }, async () => {
      if (!this.#calls.has(reference.requestId)) return;
      const leftMs = Math.max(1, endMs - performance.now());
      await this.#ask(postRequest(this.#connection, this.#keys, reference, payload, leftMs));
    });
  }

  async serve(answer: ByteAnswerer, options: ServeOptions): Promise<ScoreServer> {
    this.#assertOpen();
    // What follows waits for a Redis that is away; this says so.
    await this.#ask(this.#connection.ping());
    await this.#listenForGone();
    const server = new RedisScoreServer(answer, {
      ...options,
      url: this.#url,
      keys: this.#keys,
      connection: this.#connection,
      underWay: this.#underWay,
      onError: this.#onError,
      onClosed: (closed) => this.#servers.delete(closed),
    });
    this.#servers.add(server);
    await this.#ask(server.setTopics(options.topics));
    return server;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#calls.values()) reject(closedError());
    for (const server of this.#servers) server.disconnect();
    this.#replies?.disconnect();
    this.#subscriber?.disconnect();
    this.#connection.disconnect();
  }

  async #readReplies(): Promise<void> {
    const replies = this.#reconnecting(blocking);
    this.#replies = replies;
    while (!this.#closed) {
      try {
        const popped = await replies.blpopBuffer(this.#keys.replies(this.#channelId), blockingSeconds);
        if (popped !== null) this.#deliver(popped[1]);
      } catch (error) {
        if (this.#closed) return;
        if (!isConnectionError(error as Error)) this.#onError(error as Error);
        await setTimeout(afterErrorMs);
      }
    }
  }

  #deliver(element: Buffer): void {
    const { requestId, failed, bytes } = parseReply(element);
    const call = this.#calls.get(requestId);
    if (failed) call?.reject(new ScoreAnswerError(new TextDecoder().decode(bytes)));
    else call?.resolve(bytes);
  }

  async #listenForGone(): Promise<void> {
    if (this.#subscriber !== undefined) return;
    const subscriber = this.#reconnecting(waitingForRedis);
    this.#subscriber = subscriber;
    subscriber.on('message', (_channel, requestId) => {
      for (const server of this.#servers) server.drop(requestId);
    });
    await subscriber.subscribe(this.#keys.gone);
  }

  /** A further connection; the first one reports that Redis is away. */
  #reconnecting(options: typeof waitingForRedis): Redis {
    const connection = new Redis(this.#url, options);
    connection.on('error', () => undefined);
    return connection;
  }

  /** Whatever goes wrong in Redis is the channel being unavailable. */
  async #ask<T>(question: Promise<T>): Promise<T> {
    try {
      return await question;
    } catch (error) {
      throw new QueueUnavailableError(`Redis cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): QueueUnavailableError {
  return new QueueUnavailableError('The score channel is closed: open a new one.');
}
