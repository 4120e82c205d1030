import { ProblemError } from '@mediclip/contracts';
import type { StoredUsage, TenantStore } from '@mediclip/store';

/** What one tenant may keep. */
export interface StorageLimits {
  readonly bytes: number;
  readonly datasets: number;
  readonly images: number;
}

/** How much of each there is room for, or somebody needs. */
export type Room = StorageLimits;

interface Counted {
  readonly stored: StoredUsage;
  /** When counting began, milliseconds since 1970. */
  readonly countedAtMs: number;
  readonly tookMs: number;
}

type UsageStore = Pick<TenantStore, 'tenant' | 'usage'>;

/** A count serves for so many times as long as it took, so that counting never takes more than a tenth of the time. */
const servesTimes = 10;

/** With less room than this share of a limit, nothing is let in on an old count. */
const scarceShare = 0.1;

const kinds = ['bytes', 'datasets', 'images'] as const;
const names = { bytes: 'stored bytes', datasets: 'data sets', images: 'images' } as const;

/**
 * What tenants have in the store against what they may, as far as this process knows: counted (`UsageRepository`), and
 * what it took in since. What others take in between two counts of a large store is seen with the next one.
 */
export class TenantUsage {
  readonly #limits: StorageLimits;
  readonly #now: () => number;
  readonly #known = new Map<string, Counted>();
  readonly #counting = new Map<string, Promise<Counted>>();

  constructor(limits: StorageLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** What is stored, counted at most ten times as long ago as counting took. */
  async of(store: UsageStore): Promise<Counted> {
    const known = this.#known.get(store.tenant);
    return known && this.#serves(known) ? known : this.#count(store);
  }

  /**
   * The room that a tenant has, from the latest count; an older one is renewed meanwhile. Throws `quota-exceeded` where
   * it is not what is needed.
   */
  async assertRoom(store: UsageStore, needed: Partial<Room>): Promise<Room> {
    const known = this.#known.get(store.tenant) ?? (await this.#count(store));
    if (!this.#serves(known)) void this.#count(store).catch(() => undefined);
    const isScarce = kinds.some((kind) => this.#roomOf(known)[kind] < this.#limits[kind] * scarceShare);
    const room = this.#roomOf(isScarce ? await this.of(store) : known);
    this.assertFits(room, needed);
    return room;
  }

  /** Throws `quota-exceeded` for what does not fit into the room. */
  assertFits(room: Room, needed: Partial<Room>): void {
    for (const kind of kinds) {
      if ((needed[kind] ?? 0) <= room[kind]) continue;
      const limit = this.#limits[kind];
      throw new ProblemError('quota-exceeded', `This key may have ${limit} ${names[kind]}.`, { limit });
    }
  }

  /** Notes what this process has just stored for a tenant. */
  added({ tenant }: Pick<UsageStore, 'tenant'>, { bytes = 0, datasets = 0, images = 0 }: Partial<Room>): void {
    const known = this.#known.get(tenant);
    if (known === undefined) return;
    const { stored } = known;
    const sum = { bytes: stored.bytes + bytes, datasets: stored.datasets + datasets, images: stored.images + images };
    this.#known.set(tenant, { ...known, stored: { ...stored, ...sum } });
  }

  #serves({ countedAtMs, tookMs }: Counted): boolean {
    return this.#now() <= countedAtMs + tookMs * (1 + servesTimes);
  }

  #roomOf({ stored }: Counted): Room {
    const room = (kind: keyof Room) => Math.max(0, this.#limits[kind] - stored[kind]);
    return { bytes: room('bytes'), datasets: room('datasets'), images: room('images') };
  }

  /** Counts anew, once for all who ask meanwhile. */
  #count(store: UsageStore): Promise<Counted> {
    const underWay = this.#counting.get(store.tenant);
    if (underWay) return underWay;
    const countedAtMs = this.#now();
    const counting = store.usage
      .count()
      .then((stored) => {
        const counted = { stored, countedAtMs, tookMs: this.#now() - countedAtMs };
        this.#known.set(store.tenant, counted);
        return counted;
      })
      .finally(() => this.#counting.delete(store.tenant));
    this.#counting.set(store.tenant, counting);
    return counting;
  }
}
