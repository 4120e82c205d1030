import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore, type Store } from '@mediclip/store';
import { freePort, type RedisServer, type RedisServerOptions, startRedis, temporaryFolder } from '@mediclip/testing';
import { alteredMediclip, Member, type MemberOptions } from './member.js';

export interface ClusterOptions {
  readonly apis?: number;
  readonly workers?: number;
  /** `MEDICLIP_` variables beyond those that every cluster needs. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly redis?: RedisServerOptions;
  /** Whether workers can be made sick: altered-process.ts. */
  readonly canFallSick?: boolean;
  /** How long a worker may be silent before its jobs go to others, in milliseconds; as the product has it without. */
  readonly lockMs?: number;
}

/** API and worker processes on one Redis and one store, as on several machines that share a file system. */
export class Cluster {
  private constructor(
    readonly redis: RedisServer,
    readonly folder: string,
    readonly storeUrl: string,
    readonly apis: readonly Member[],
    readonly workers: readonly Member[],
  ) {}

  /** Starts everything; resolves when every process is ready. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { apis = 2, workers = 2, settings = {}, redis: redisOptions, canFallSick = false, lockMs } = options;
    const redis = await startRedis(redisOptions);
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'store'));
    const storeUrl = settings.MEDICLIP_STORE_URL ?? pathToFileURL(path.join(folder, 'store')).href;
    const members = async (role: MemberOptions['role'], count: number) => {
      const made: Member[] = [];
      for (let i = 0; i < count; i++) {
        const environment = {
          MEDICLIP_REDIS_URL: redis.url,
          MEDICLIP_STORE_URL: storeUrl,
          MEDICLIP_DATA_DIR: path.join(folder, `${role}-${i}`),
          MEDICLIP_QUEUE_DEPTH: '1000',
          MEDICLIP_RATE_LIMIT_PER_MINUTE: '1000000',
          MEDICLIP_MAX_EVENT_LOOP_DELAY_MS: '10000',
          ...(lockMs !== undefined && { TEST_LOCK_MS: String(lockMs) }),
          ...settings,
        };
        const isAltered = role === 'worker' && (canFallSick || lockMs !== undefined);
        made.push(
          new Member({ role, port: await freePort(), environment, ...(isAltered && { entry: alteredMediclip }) }),
        );
      }
      return made;
    };
    const cluster = new Cluster(redis, folder, storeUrl, await members('api', apis), await members('worker', workers));
    try {
      await Promise.all(cluster.members().map((member) => member.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  members(): readonly Member[] {
    return [...this.apis, ...this.workers];
  }

  /** The store as a process of its own would open it. Close it. */
  openStore(): Store {
    return openStore(this.storeUrl);
  }

  /** Kills everything that is left. */
  async stop(): Promise<void> {
    await Promise.all(this.members().map((member) => member.kill()));
    await this.redis.stop();
  }
}
