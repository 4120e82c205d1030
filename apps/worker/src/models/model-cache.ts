import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DetectorReference } from '@mediclip/adaptation';
import type { ChosenIntensity, Model } from '@mediclip/contracts';
import type { TenantStore } from '@mediclip/store';
import type { WorkerEngine } from '../dependencies.js';
import { backboneSide } from './listed-backbone.js';

/** A model that is ready to score. */
export interface ReadyModel {
  readonly model: Model;
  readonly detector: DetectorReference;
  /** Side in pixels of the images that it scores. */
  readonly side: number;
  /** How it sees greys deeper than 8 bits. */
  readonly intensity: ChosenIntensity | undefined;
}

export interface ModelCacheOptions {
  /** Folder of this process alone; what an earlier process left in it is used. */
  readonly folder: string;
  readonly engine: Pick<WorkerEngine, 'forget'>;
  /** So many models are kept while nobody uses them. */
  readonly most?: number;
}

interface Entry {
  users: number;
  /** Path of the model's local folder. */
  readonly fetched: Promise<string>;
}

/** Local copies of models by digest; the ones that were not used for longest go first. */
export class ModelCache {
  readonly #options: Required<ModelCacheOptions>;
  /** By digest, the one used last at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #removals = new Map<string, Promise<void>>();

  private constructor(options: ModelCacheOptions) {
    this.#options = { most: 64, ...options };
  }

  static async open(options: ModelCacheOptions): Promise<ModelCache> {
    const cache = new ModelCache(options);
    await mkdir(options.folder, { recursive: true });
    for (const { digest, folder } of await foundModels(options.folder)) {
      cache.#entries.set(digest, { users: 0, fetched: Promise.resolve(folder) });
    }
    await cache.#shrink();
    return cache;
  }

  /** Lends a model to `work`; its files stay until that is over. Rejects with `RecordNotFound` or `DamagedContent`. */
  async use<T>({ models }: TenantStore, modelId: string, work: (ready: ReadyModel) => Promise<T>): Promise<T> {
    const model = await models.get(modelId);
    const side = backboneSide(model.configuration.backbone);
    const { digest } = model;
    await this.#removals.get(digest);
    const entry = this.#entries.get(digest) ?? { users: 0, fetched: models.fetch(modelId, this.#options.folder) };
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    entry.users++;
    try {
      const folder = await entry.fetched.catch((error: unknown) => {
        if (this.#entries.get(digest) === entry) this.#entries.delete(digest);
        throw error;
      });
      return await work({ model, detector: { id: digest, folder }, side, intensity: model.intensity });
    } finally {
      entry.users--;
      await this.#shrink();
    }
  }

  async #shrink(): Promise<void> {
    for (const [digest, { users }] of this.#entries) {
      if (this.#entries.size <= this.#options.most) break;
      if (users === 0) this.#remove(digest);
    }
    await Promise.all(this.#removals.values());
  }

  #remove(digest: string): void {
    this.#entries.delete(digest);
    this.#options.engine.forget(digest);
    const removal = rm(path.join(this.#options.folder, digest), { recursive: true, force: true }).finally(() =>
      this.#removals.delete(digest),
    );
    this.#removals.set(digest, removal);
  }
}

/** The models in a cache folder, oldest first. */
async function foundModels(cache: string): Promise<{ digest: string; folder: string }[]> {
  const digests = (await readdir(cache)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const found = await Promise.all(
    digests.map(async (digest) => {
      const folder = path.join(cache, digest);
      return { digest, folder, at: (await stat(folder)).mtimeMs };
    }),
  );
  return found.sort((a, b) => a.at - b.at);
}
