import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { pixelDigest } from '@mediclip/adaptation';
import type { Alias, Model, OperationId } from '@mediclip/contracts';
import { decisionOf, observeShadow, type ShadowedImage, type ShadowPair } from '@mediclip/evaluation';
import type { AnomalyMap } from '@mediclip/maps';
import type { ScoreChannel } from '@mediclip/queue';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import type { Logger } from 'pino';
import type { Call } from '../http/handlers.js';

/** Reports reach the store after so long at the latest; those of a killed process that did not are lost. */
const flushAfterMs = 1000;
/** So long a shadow may take: it is dropped rather than in anybody's way. */
const deadlineMs = 10_000;
/** While more requests of users than these wait for their scores in this process, shadows score nothing. */
const mostWaitingUsers = 4;

interface ShadowTiming {
  /** A shadow waits until no user has waited for scores for so long; 100 by default ... */
  readonly quietMs: number;
  /** ... but for so long at most, so that where users never pause one request a second meets one; 1,000 by default. */
  readonly patienceMs: number;
}

const defaultTiming: ShadowTiming = { quietMs: 100, patienceMs: 1000 };
const lookEveryMs = 25;

/** What the answer to a request says. */
interface ScoredImages {
  readonly model: Model;
  readonly side: number;
  /** As they were scored, [side, side, 3]. */
  readonly images: readonly Uint8Array[];
  readonly scores: readonly AnomalyMap[];
}

/** A request that was answered, for the shadow of its alias. */
interface AnsweredRequest extends ScoredImages {
  readonly store: TenantStore;
  readonly name: string;
  readonly shadow: NonNullable<Alias['shadow']>;
}

interface Waiting {
  readonly store: TenantStore;
  readonly name: string;
  readonly pair: ShadowPair;
  readonly scored: ShadowedImage[];
  dropped: number;
  failed: number;
}

/**
 * Has the shadow of an alias score a share of its requests after they were answered. One request at a time in each
 * process, when users pause: what comes meanwhile is dropped and counted.
 */
export class ShadowScorer {
  readonly #scoreChannel: Pick<ScoreChannel, 'request'>;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #timing: ShadowTiming;
  readonly #waiting = new Map<string, Waiting>();
  readonly #closing = new AbortController();
  #users = 0;
  /** When a user last waited for scores, in the time of `performance`. */
  #lastUserAt = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(scoreChannel: Pick<ScoreChannel, 'request'>, logger: Pick<Logger, 'warn'>, timing = defaultTiming) {
    this.#scoreChannel = scoreChannel;
    this.#logger = logger;
    this.#timing = timing;
  }

  /** Counts a user's request while `work` waits for its scores. */
  async whileUserWaits<T>(work: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      this.#lastUserAt = performance.now();
    }
  }

  /**
   * Takes a request, to be looked at when its answer has been sent: until then a shadow costs it nothing. One that came
   * without an alias has no shadow. Returns whether images and scores are kept for it.
   */
  noteOnceAnswered(
    { store, alias, reply }: Pick<Call<OperationId>, 'store' | 'alias' | 'reply'>,
    of: ScoredImages,
  ): boolean {
    if (alias?.shadow === undefined || of.images.length === 0) return false;
    const { name, shadow } = alias;
    reply.raw.once('finish', () => this.#note({ ...of, store, name, shadow }));
    return true;
  }

  #note(answered: AnsweredRequest): void {
    const { name, shadow, images } = answered;
    if (Math.random() >= shadow.share) return;
    const pair = { modelId: answered.model.id, shadowModelId: shadow.modelId };
    if (this.#underWay || this.#users > mostWaitingUsers || this.#closing.signal.aborted) {
      this.#entry(answered, pair).dropped += images.length;
      return;
    }
    this.#underWay = this.#pauseOfUsers()
      .then(() => this.#score(answered))
      .then(
        (scored) => void this.#entry(answered, pair).scored.push(...scored),
        (err: unknown) => {
          this.#entry(answered, pair).failed += images.length;
          this.#logger.warn({ err, alias: name }, 'the shadow of an alias has not scored');
        },
      )
      .finally(() => {
        this.#underWay = undefined;
      });
  }

  /** Resolves when users pause, when a shadow has been patient enough, or when the server closes. */
  async #pauseOfUsers(): Promise<void> {
    const signal = this.#closing.signal;
    const { quietMs, patienceMs } = this.#timing;
    const latest = performance.now() + patienceMs;
    const isQuiet = () => this.#users === 0 && performance.now() - this.#lastUserAt >= quietMs;
    while (!isQuiet() && performance.now() < latest && !signal.aborted) {
      await pause(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when what is known is in the store, or given up with a line in the log. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#underWay;
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  /** Ends what is under way, and keeps what is known. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.flush();
  }

  /** What waits to be written of this alias and pair of models. */
  #entry({ store, name }: AnsweredRequest, pair: ShadowPair): Waiting {
    const key = `${store.tenant}/${name}/${pair.modelId}/${pair.shadowModelId}`;
    const waiting = this.#waiting.get(key) ?? { store, name, pair, scored: [], dropped: 0, failed: 0 };
    this.#waiting.set(key, waiting);
    this.#timer ??= setTimeout(() => void this.flush(), flushAfterMs).unref();
    return waiting;
  }

  async #score(answered: AnsweredRequest): Promise<ShadowedImage[]> {
    const { store, model, side, images, scores } = answered;
    const shadow = await store.models.get(answered.shadow.modelId);
    const { backbone } = shadow.configuration;
    if (!isDeepStrictEqual(shadow.intensity, model.intensity)) {
      throw new Error('The shadow renders deep greys otherwise than the model whose images it is given.');
    }
    const message = { tenant: store.tenant, modelId: shadow.id, side, images };
    const options = { topic: backbone, deadlineMs, signal: this.#closing.signal };
    const reply = await this.#scoreChannel.request(message, options);
    if (reply.outcome === 'refused') throw new Error(reply.detail);
    const said = ({ score, logit }: AnomalyMap, by: Model) => ({
      score,
      logit,
      decision: decisionOf(score, by, logit).decision,
    });
    return reply.scores.map((answer, index) => ({
      atMs: Date.now(),
      model: said(scores[index]!, model),
      shadow: said(answer, shadow),
      pixelDigest: pixelDigest({ data: images[index]! }),
    }));
  }

  async #write(): Promise<void> {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { store, name, pair, ...outcome } of all) {
      try {
        await store.shadows.update(name, (record) => observeShadow(record, pair, outcome));
      } catch (err) {
        if (!(err instanceof RecordNotFound)) this.#logger.warn({ err, alias: name }, 'scores of a shadow are lost');
      }
    }
  }
}
