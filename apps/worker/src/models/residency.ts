import type { Store, TenantStore } from '@mediclip/store';
import type { Logger } from 'pino';
import type { WorkerEngine } from '../dependencies.js';
import type { EngineHealth } from '../engine-health.js';
import type { ModelCache, ReadyModel } from './model-cache.js';

const lookEveryMs = 30_000;

export interface ResidencyOptions {
  readonly store: Store;
  readonly models: ModelCache;
  readonly engine: Pick<WorkerEngine, 'score'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Called with the backbone of a model that is warm. */
  readonly onWarm: (backbone: string) => void;
}

interface Held {
  readonly release: () => void;
  readonly ended: Promise<void>;
}

/**
 * Keeps pinned models warm here: each is lent from the cache for as long as it is pinned, so that it is never given up
 * for others, and
 * scores an empty image at every look, so that the engine, a replaced one too, has it at hand.
 */
export class Residency {
  readonly #options: ResidencyOptions;
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ResidencyOptions) {
    this.#options = options;
  }

  /** Looks now, every half minute, and whenever the engine becomes ready. */
  start(health: Pick<EngineHealth, 'status' | 'on'>): void {
    const look = () => {
      if (health.status === 'ready') void this.look();
    };
    look();
    health.on('change', look);
    this.#timer = setInterval(look, lookEveryMs).unref();
  }

  /** Loads what is pinned now, and lets go what is not any more. What fails is tried again at the next look. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((err: unknown) => this.#options.logger.warn({ err }, 'pinned models not looked at; tried again later'));
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    for (const { release, ended } of this.#held.values()) {
      release();
      await ended;
    }
  }

  async #look(): Promise<void> {
    const { store } = this.#options;
    const pinned = new Set<string>();
    for await (const name of store.tenants()) {
      const tenant = store.tenant(name);
      for (const modelId of await tenant.pinnedModels.list()) {
        if (this.#stopped) return;
        pinned.add(`${name}/${modelId}`);
        await this.#warm(tenant, modelId);
      }
    }
    for (const [key, { release }] of this.#held) if (!pinned.has(key)) release();
  }

  async #warm(tenant: TenantStore, modelId: string): Promise<void> {
    const { models, engine, logger, onWarm } = this.#options;
    const touch = async ({ model, detector, side }: ReadyModel) => {
      await engine.score({ detector, images: [{ side, data: new Uint8Array(3 * side * side) }] }, { caller: 'pinned' });
      onWarm(model.configuration.backbone);
    };
    try {
      await models.use(tenant, modelId, touch);
    } catch (err) {
      logger.warn({ err, modelId }, 'pinned model not warm; tried again later');
      return;
    }
    this.#hold(tenant, modelId);
  }

  #hold(tenant: TenantStore, modelId: string): void {
    const key = `${tenant.tenant}/${modelId}`;
    if (this.#held.has(key)) return;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const ended = this.#options.models
      .use(tenant, modelId, () => released)
      .catch((err: unknown) => this.#options.logger.warn({ err, modelId }, 'pinned model not held'))
      .finally(() => this.#held.delete(key));
    this.#held.set(key, { release, ended });
  }
}
