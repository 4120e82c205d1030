import { inSpan, inSpanOf, type TraceCarrier, traceCarrier } from '@mediclip/tracing';
import { QueueUnavailableError } from '../job-queue.js';
import {
  assertDeadline,
  ScoreAnswerError,
  type ScoreAnswerer,
  type ScoreChannel,
  ScoreDeadlineError,
  type ScoreRequestOptions,
  type ScoreServer,
  type ServeOptions,
} from '../score-channel.js';
import type { ScoreMessage, ScoreReply } from '../score-messages.js';

/** A request and reply channel inside one process. */
export function openEmbeddedScoreChannel<Message = ScoreMessage, Reply = ScoreReply>(): ScoreChannel<Message, Reply> {
  return new EmbeddedScoreChannel<Message, Reply>();
}

interface Call<Message, Reply> {
  topic: string;
  message: Message;
  trace: TraceCarrier | undefined;
  /** Aborts when nobody waits for the reply any more. */
  dropped: AbortController;
  resolve: (reply: Reply) => void;
  reject: (reason: unknown) => void;
}

interface Server<Message, Reply> {
  answer: ScoreAnswerer<Message, Reply>;
  topics: readonly string[];
  concurrency: number;
  running: Set<Promise<void>>;
  isPaused: boolean;
}

class EmbeddedScoreChannel<Message, Reply> implements ScoreChannel<Message, Reply> {
  /** Calls that no server has taken, oldest first. */
  readonly #waiting = new Set<Call<Message, Reply>>();
  readonly #unanswered = new Set<Call<Message, Reply>>();
  readonly #servers = new Set<Server<Message, Reply>>();
  #closed = false;

  request(message: Message, options: ScoreRequestOptions): Promise<Reply> {
    return inSpan('request score', { kind: 'producer' }, () => this.#request(message, options));
  }

  async #request(message: Message, { topic, deadlineMs, signal }: ScoreRequestOptions): Promise<Reply> {
    assertDeadline(deadlineMs);
    this.#assertOpen();
    signal?.throwIfAborted();
    return await new Promise<Reply>((resolve, reject) => {
      const end = () => {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', onGone);
        this.#waiting.delete(call);
        this.#unanswered.delete(call);
      };
      const call: Call<Message, Reply> = {
        topic,
        message,
        trace: traceCarrier(),
        dropped: new AbortController(),
        resolve: (reply) => {
          end();
          resolve(reply);
        },
        reject: (reason) => {
          end();
          reject(reason);
          call.dropped.abort(reason);
        },
      };
      const deadline = setTimeout(() => call.reject(new ScoreDeadlineError(deadlineMs)), deadlineMs);
      const onGone = () => call.reject(signal?.reason);
      signal?.addEventListener('abort', onGone);
      this.#waiting.add(call);
      this.#unanswered.add(call);
      this.#handOut();
    });
  }

  async serve(answer: ScoreAnswerer<Message, Reply>, { topics, concurrency }: ServeOptions): Promise<ScoreServer> {
    this.#assertOpen();
    const server: Server<Message, Reply> = { answer, topics, concurrency, running: new Set(), isPaused: false };
    this.#servers.add(server);
    this.#handOut();
    return {
      setTopics: async (warm) => {
        server.topics = warm;
        this.#handOut();
      },
      pause: async () => {
        server.isPaused = true;
        this.#handOut();
      },
      resume: async () => {
        server.isPaused = false;
        this.#handOut();
      },
      close: async () => {
        this.#servers.delete(server);
        this.#handOut();
        await Promise.all(server.running);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const call of [...this.#unanswered]) call.reject(closedError());
  }

  /** Gives waiting calls to servers with a free place, as far as they reach. */
  #handOut(): void {
    for (const call of [...this.#waiting]) {
      const server = this.#serverFor(call.topic);
      if (server === undefined) continue;
      this.#waiting.delete(call);
      const running = this.#run(server, call).finally(() => {
        server.running.delete(running);
        this.#handOut();
      });
      server.running.add(running);
    }
  }

  /** The least busy server with a free place among those that have the topic warm, or among all when none has. */
  #serverFor(topic: string): Server<Message, Reply> | undefined {
    const taking = [...this.#servers].filter(({ isPaused }) => !isPaused);
    const warm = taking.filter(({ topics }) => topics.includes(topic));
    const candidates = warm.length > 0 ? warm : taking;
    return candidates
      .filter(({ running, concurrency }) => running.size < concurrency)
      .sort((one, other) => one.running.size - other.running.size)[0];
  }

  async #run(
    server: Server<Message, Reply>,
    { topic, message, trace, dropped, resolve, reject }: Call<Message, Reply>,
  ): Promise<void> {
    try {
      const call = { topic, signal: dropped.signal };
      resolve(await inSpanOf(trace, 'answer score', { kind: 'consumer' }, () => server.answer(message, call)));
    } catch (error) {
      reject(new ScoreAnswerError((error as Error).message, { cause: error }));
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): QueueUnavailableError {
  return new QueueUnavailableError('The score channel is closed: open a new one.');
}
