import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore, type Store } from '@mediclip/store';
import { freePort, type RedisServer, type RedisServerOptions, startRedis, temporaryFolder } from '@mediclip/testing';
import { Member, type MemberOptions } from './member.js';

export interface ClusterOptions {
  readonly apis?: number;
  readonly workers?: number;
  /** `MEDICLIP_` variables beyond those that every cluster needs. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly redis?: RedisServerOptions;
  /** The module that workers run; `mediclip` itself without. */
  readonly workerEntry?: string;
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
    const { apis = 2, workers = 2, settings = {}, redis: redisOptions, workerEntry } = options;
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
          ...settings,
        };
        const entry = role === 'worker' && workerEntry !== undefined && { entry: workerEntry };
        made.push(new Member({ role, port: await freePort(), environment, ...entry }));
      }
      return made;
    };
    const cluster = new Cluster(redis, folder, storeUrl, await members('api', apis), await members('worker', workers));
    await Promise.all(cluster.members().map((member) => member.start()));
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
