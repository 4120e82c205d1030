import type { DriftRecord, Model } from '@mediclip/contracts';
import { type DriftObservation, decisionOf, isDriftAlarm, observeDrift } from '@mediclip/evaluation';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import type { Logger } from 'pino';
import type { Gauge } from 'prom-client';

/** Scores reach the store after so long at the latest; those of a killed process that did not are lost to the drift. */
const flushAfterMs = 1000;
const mostWaiting = 1024;

interface Waiting {
  readonly store: TenantStore;
  readonly modelId: string;
  readonly calibration: NonNullable<Model['calibration']>;
  readonly observations: DriftObservation[];
}

/** Hands the scores of calibrated models to their drift records, away from the answers and many at once. */
export class DriftRecorder {
  readonly #waiting = new Map<string, Waiting>();
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #martingale: Gauge<'model'>;
  /** Model and calibration of the alarms that webhooks were told of. */
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(logger: Pick<Logger, 'warn'>, martingale: Gauge<'model'>) {
    this.#logger = logger;
    this.#martingale = martingale;
  }

  /** Notes the scores that a model gave; of a model that is not calibrated, none. */
  note(store: TenantStore, { id, calibration }: Model, scores: readonly number[]): void {
    if (calibration === null || scores.length === 0) return;
    const key = `${store.tenant}/${id}/${calibration.jobId}`;
    const waiting = this.#waiting.get(key) ?? { store, modelId: id, calibration, observations: [] };
    this.#waiting.set(key, waiting);
    for (const score of scores.slice(0, mostWaiting - waiting.observations.length)) {
      const pValue = decisionOf(score, { calibration }).pValue!;
      waiting.observations.push({ atMs: Date.now(), score, pValue, uniform: Math.random() });
    }
    this.#timer ??= setTimeout(() => void this.flush(), flushAfterMs).unref();
  }

  /** Resolves when all scores that were noted are in the store, or are given up with a line in the log. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  /** Once in this process for each calibration; other processes find that the same event is there already. */
  async #tell(store: TenantStore, modelId: string, calibrationJobId: string): Promise<void> {
    const key = `${modelId}/${calibrationJobId}`;
    if (this.#told.has(key)) return;
    const at = new Date().toISOString();
    await store.webhooks.announce({ event: 'drift.detected', at, key, once: true, data: { modelId } });
    this.#told.add(key);
  }

  async #write(): Promise<void> {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { store, modelId, calibration, observations } of all) {
      try {
        const observed = (record: DriftRecord | undefined) => observeDrift(record, calibration, observations);
        // Webhooks are told before it is written down, so that a process that dies in between has told them or will do
        // so again.
        if (isDriftAlarm(observed(await store.drift.get(modelId)))) await this.#tell(store, modelId, calibration.jobId);
        const { martingale } = await store.drift.update(modelId, observed);
        this.#martingale.set(
          { model: modelId },
          martingale.capital.reduce((sum, part) => sum + part, 0),
        );
      } catch (err) {
        if (!(err instanceof RecordNotFound)) this.#logger.warn({ err, modelId }, 'scores are missing from the drift');
      }
    }
  }
}
