import { tenantSchema } from '@mediclip/contracts';
import { AliasRepository } from './aliases/alias-repository.js';
import { ShadowRepository } from './aliases/shadow-repository.js';
import { AuditRepository } from './audits/audit-repository.js';
import { DatasetRepository } from './datasets/dataset-repository.js';
import { ImageRepository } from './datasets/image-repository.js';
import { EvaluationRepository } from './evaluations/evaluation-repository.js';
import { Forgetting } from './forgetting/forgetting.js';
import { IdempotencyRepository } from './idempotency/idempotency-repository.js';
import { JobAttempts } from './jobs/job-attempts.js';
import { JobRepository } from './jobs/job-repository.js';
import { JobResults } from './jobs/job-results.js';
import { MarkedStore } from './marked-store.js';
import { DriftRepository } from './models/drift-repository.js';
import { JudgedImages } from './models/judged-images.js';
import { ModelRepository } from './models/model-repository.js';
import { PinnedModels } from './models/pinned-models.js';
import type { ObjectStore } from './object-store.js';
import { openObjectStore } from './open-object-store.js';
import { foldersOf } from './records/pages.js';
import { type Tenant, tenantOf } from './records/tenant.js';
import { UsageRepository } from './usage/usage-repository.js';
import { WebhookRepository } from './webhooks/webhook-repository.js';

/** Everything that one tenant has. No id of another tenant is known here. */
export interface TenantStore {
  readonly tenant: string;
  readonly datasets: DatasetRepository;
  readonly images: ImageRepository;
  /** Jobs as clients see them. */
  readonly jobs: JobRepository;
  /** Jobs as workers see them. */
  readonly attempts: JobAttempts;
  /** Results of scorings by image. */
  readonly results: JobResults;
  readonly models: ModelRepository;
  /** What models remember of the scores they gave. */
  readonly drift: DriftRepository;
  /** Models that every worker keeps warm. */
  readonly pinnedModels: PinnedModels;
  /** What people have said of the results of models. */
  readonly judgedImages: JudgedImages;
  /** What aliases remember of their shadows. */
  readonly shadows: ShadowRepository;
  /** Names that stand for models. */
  readonly aliases: AliasRepository;
  /** Whom events are told, and what is on its way to them. */
  readonly webhooks: WebhookRepository;
  readonly audits: AuditRepository;
  readonly evaluations: EvaluationRepository;
  readonly idempotency: IdempotencyRepository;
  /** Deletions whose process died. */
  readonly forgetting: Forgetting;
  /** How much of all this there is. */
  readonly usage: UsageRepository;
}

export interface Store {
  readonly objects: ObjectStore;

  /**
   * Id of the store, the same for every process that works on it, as long as it exists. A store without one gets it
   * now.
   */
  identity(): Promise<string>;

  /**
   * The repositories of a tenant; a tenant needs not be created. Throws `InvalidKey` for a name that cannot be a
   * tenant's.
   */
  tenant(name: string): TenantStore;

  /** Names of the tenants that have anything. */
  tenants(): AsyncIterable<string>;

  /** Resolves when the store can be read and written, rejects with a `StoreError` that says why when not. */
  check(): Promise<void>;

  /**
   * Removes and ends what processes that died left behind, and what is older than it may become. Run it at the start of
   * a process and now and then (every hour).
   */
  sweep(options?: SweepOptions): Promise<void>;

  /**
   * Calls `listener` after this process has given new events to a job's record, until the returned function is called.
   */
  onJobEvents(listener: (job: { readonly tenant: string; readonly jobId: string }) => void): () => void;

  /** Calls `listener` after this process has made a delivery to a webhook, until the returned function is called. */
  onDelivery(listener: (made: { readonly tenant: string; readonly deliveryId: string }) => void): () => void;

  close(): Promise<void>;
}

interface SweepOptions {
  /** How long jobs that have ended, with their results, and evaluations are kept; without it for ever. */
  readonly retentionMs?: number | undefined;
}

/** Objects that know which store they are. */
type IdentifiedObjects = ObjectStore & Pick<MarkedStore, 'identity'>;

export interface StoreOptions {
  /** The clock, milliseconds since 1970 (`Date.now`). */
  readonly now?: () => number;
}

/**
 * Opens the store at a URL: `file:relative/folder`, `file:///absolute/folder` or `s3://bucket/prefix` (`?endpoint=…`
 * for servers other than AWS's). Nothing is read or written yet. Throws `StoreMisconfigured`.
 *
 * @example
 * const store = openStore('file:./data');
 * const { datasets } = store.tenant('default');
 * await datasets.create({ name: 'Brain MRI' });
 */
export function openStore(url: string, options: StoreOptions = {}): Store {
  // A look at a file costs nothing beside the rest; a request to S3 does.
  const trustedMs = url.startsWith('file:') ? 0 : 5000;
  return storeOn(new MarkedStore(openObjectStore(url), { trustedMs }), options);
}

/** The store on these objects. */
export function storeOn(objects: IdentifiedObjects, { now = Date.now }: StoreOptions = {}): Store {
  const tenants = async function* () {
    for await (const name of foldersOf(objects, 'tenants/')) if (tenantSchema.safeParse(name).success) yield name;
  };
  const listeners = new Set<Parameters<Store['onJobEvents']>[0]>();
  const deliveryListeners = new Set<Parameters<Store['onDelivery']>[0]>();
  const tenant = (name: string) => {
    const onJobEvents = (jobId: string) => {
      for (const listener of listeners) listener({ tenant: name, jobId });
    };
    const onDelivery = (deliveryId: string) => {
      for (const listener of deliveryListeners) listener({ tenant: name, deliveryId });
    };
    return tenantStore(tenantOf(name, { objects, now, onJobEvents, onDelivery }));
  };
  return {
    objects,
    tenant,
    tenants,
    identity: () => objects.identity(),
    check: () => objects.check(),
    async sweep({ retentionMs }: SweepOptions = {}) {
      await objects.sweep();
      for await (const name of tenants()) {
        const { jobs, datasets, models, aliases, webhooks, idempotency, forgetting } = tenant(name);
        await forgetting.resume();
        if (retentionMs !== undefined) await forgetting.forgetOlderThan(now() - retentionMs);
        await jobs.sweep();
        await datasets.sweep();
        await models.sweep();
        await aliases.sweep();
        await webhooks.sweep();
        await idempotency.sweep();
      }
    },
    onJobEvents(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onDelivery(listener) {
      deliveryListeners.add(listener);
      return () => void deliveryListeners.delete(listener);
    },
    close: () => objects.close(),
  };
}

function tenantStore(tenant: Tenant): TenantStore {
  const attempts = new JobAttempts(tenant);
  return {
    tenant: tenant.name,
    datasets: new DatasetRepository(tenant),
    images: new ImageRepository(tenant),
    jobs: new JobRepository(tenant),
    attempts,
    results: new JobResults(tenant, attempts),
    models: new ModelRepository(tenant, attempts),
    drift: new DriftRepository(tenant),
    pinnedModels: new PinnedModels(tenant),
    judgedImages: new JudgedImages(tenant),
    shadows: new ShadowRepository(tenant),
    aliases: new AliasRepository(tenant),
    webhooks: new WebhookRepository(tenant),
    audits: new AuditRepository(tenant, attempts),
    evaluations: new EvaluationRepository(tenant, attempts),
    idempotency: new IdempotencyRepository(tenant),
    forgetting: new Forgetting(tenant),
    usage: new UsageRepository(tenant),
  };
}
