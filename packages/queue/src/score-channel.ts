import { QueueError } from './job-queue.js';
import type { ScoreMessage, ScoreReply } from './score-messages.js';

/**
 * Request and reply between API and workers, for answers that a caller waits for. Nothing here is kept: a request whose
 * caller has gone or whose deadline has passed is dropped, and the caller may send it again.
 */

export interface ScoreRequestOptions {
  /** What the answering worker should have warm: the id of a backbone. A worker that serves it is preferred. */
  topic: string;
  /** From now; at most `longestDeadlineMs`. */
  deadlineMs: number;
  /** Aborts when the caller has gone. */
  signal?: AbortSignal;
}

/** A deadline beyond this is refused. */
export const longestDeadlineMs = 600_000;

/**
 * Answers a request. `signal` aborts when the caller has gone or the deadline has passed: nobody gets the answer then.
 * A rejection reaches the caller as a `ScoreAnswerError` with its message; what callers must tell apart is part of the
 * reply.
 */
export type ScoreAnswerer<Message = ScoreMessage, Reply = ScoreReply> = (
  message: Message,
  call: { topic: string; signal: AbortSignal },
) => Promise<Reply>;

export interface ServeOptions {
  /** What is warm here; requests that no worker serves are taken too. */
  topics: readonly string[];
  /** How many requests are answered at once. */
  concurrency: number;
}

export interface ScoreServer {
  /** Says what is warm from now on. */
  setTopics(topics: readonly string[]): Promise<void>;
  /** Takes nothing from now on, and is not asked for what is warm; requests taken already are answered. */
  pause(): Promise<void>;
  /** Takes requests again. */
  resume(): Promise<void>;
  /** Takes nothing more; resolves when the requests taken are answered. */
  close(): Promise<void>;
}

/** Inside one process messages and replies are handed over as they are: neither side may write to them. */
export interface ScoreChannel<Message = ScoreMessage, Reply = ScoreReply> {
  /**
   * Sends a message to a worker and returns its reply. Rejects with `ScoreDeadlineError` when none came in time, with
   * `ScoreAnswerError` when the worker threw, with the signal's reason when it aborts, and with
   * `QueueUnavailableError` when no worker can be reached at all.
   */
  request(message: Message, options: ScoreRequestOptions): Promise<Reply>;
  /** Answers requests from now on. */
  serve(answer: ScoreAnswerer<Message, Reply>, options: ServeOptions): Promise<ScoreServer>;
  /** Close servers first. Requests under way reject. */
  close(): Promise<void>;
}

/** A channel that carries bytes. */
export type ByteChannel = ScoreChannel<Uint8Array, Uint8Array>;
export type ByteAnswerer = ScoreAnswerer<Uint8Array, Uint8Array>;

/** No worker answered before the deadline. */
export class ScoreDeadlineError extends QueueError {
  override readonly name = 'ScoreDeadlineError';
  readonly code = 'score-deadline';

  constructor(deadlineMs: number) {
    super(`No worker answered within ${deadlineMs} ms: try again later, or start more workers.`);
  }
}

/** The worker threw while it answered; the message is its error's. */
export class ScoreAnswerError extends QueueError {
  override readonly name = 'ScoreAnswerError';
  readonly code = 'score-answer-failed';
}

/** Throws when a deadline is out of range. */
export function assertDeadline(deadlineMs: number): void {
  if (deadlineMs > 0 && deadlineMs <= longestDeadlineMs) return;
  throw new RangeError(`A deadline is more than 0 and at most ${longestDeadlineMs} ms, not ${deadlineMs}.`);
}
