import { Redis, type RedisOptions } from 'ioredis';
import { QueueUnavailableError } from '../job-queue.js';

const shared = {
  connectTimeout: 5000,
  disconnectTimeout: 500,
  retryStrategy: (times: number) => Math.min(times * 100, 500),
} satisfies RedisOptions;

/** Options of connections whose commands wait until Redis is back. */
export const waitingForRedis = { ...shared, maxRetriesPerRequest: null } satisfies RedisOptions;

/** How long one blocking command waits before it is sent again. */
export const blockingSeconds = 5;

/** How long a loop of blocking commands rests after one failed. */
export const afterErrorMs = 500;

/** Options of connections for blocking commands: one that is silent for much longer than they wait is broken. */
export const blocking = { ...waitingForRedis, socketTimeout: blockingSeconds * 4 * 1000 } satisfies RedisOptions;

/**
 * A connection whose commands fail soon while Redis is away, for callers that wait for an answer. Throws a
 * `QueueUnavailableError` that says what is wrong when Redis is not reachable at first, refuses the password, or evicts
 * keys. Later losses are mended by reconnecting.
 */
export async function connectFailingFast(url: string): Promise<Redis> {
  const connection = new Redis(url, { ...shared, lazyConnect: true, maxRetriesPerRequest: 3, commandTimeout: 5000 });
  const { host, port } = connection.options;
  let said: Error | undefined;
  const listen = (error: Error) => {
    said = error;
  };
  connection.on('error', listen);
  try {
    await connection.connect();
    assertNoEviction(await connection.info('memory'));
    return connection;
  } catch (error) {
    connection.disconnect();
    if (error instanceof QueueUnavailableError) throw error;
    const cause = said ?? (error as Error);
    throw new QueueUnavailableError(`Redis at ${host}:${port} cannot be used: ${cause.message}`, { cause });
  } finally {
    connection.off('error', listen);
  }
}

function assertNoEviction(info: string): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  throw new QueueUnavailableError(
    `Redis would drop queue entries when memory is short (maxmemory-policy ${policy}): set maxmemory-policy to noeviction.`,
  );
}

/** True for errors that only say that Redis is away: the connection itself reports and mends that. */
export function isConnectionError(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(code ?? '') ||
    error.message === 'Connection is closed.'
  );
}
