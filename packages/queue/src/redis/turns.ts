import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobEntry } from '../job-queue.js';
import type { QueuedEntry } from '../queued-entry.js';

/**
 * Gives every entry that is not there yet its turn: one after that of its tenant's entry before, and none earlier than
 * that of the entry which was taken last. With nothing in the queue, turns begin at 1 again.
 *
 * KEYS: turns, wait, prioritized, active, delayed, then the key of each entry. ARGV: the last turn there is, then the
 * tenant of each.
 */
const giveTurns = `
local size = redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[3]) + redis.call('LLEN', KEYS[4]) + redis.call('ZCARD', KEYS[5])
if size == 0 then redis.call('DEL', KEYS[1]) end
local present = tonumber(redis.call('HGET', KEYS[1], ':present')) or 1
local turns = {}
for i = 2, #ARGV do
  turns[i - 1] = 0
  if redis.call('EXISTS', KEYS[i + 4]) == 0 then
    local latest = tonumber(redis.call('HGET', KEYS[1], ARGV[i])) or 0
    local turn = math.min(math.max(present, latest + 1), tonumber(ARGV[1]))
    redis.call('HSET', KEYS[1], ARGV[i], turn)
    turns[i - 1] = turn
  end
end
return turns`;

/**
 * Notes the turn of an entry that was taken, and takes it away: an entry that comes back is before all turns. KEYS:
 * turns, entry.
 */
const takeTurn = `
local turn = tonumber(redis.call('HGET', KEYS[2], 'priority')) or 0
if turn > 0 then
  redis.call('HSET', KEYS[2], 'priority', 0)
  local present = tonumber(redis.call('HGET', KEYS[1], ':present')) or 1
  if turn > present then redis.call('HSET', KEYS[1], ':present', turn) end
end`;

/** Largest priority of BullMQ. Entries beyond it come in the order of their arrival, until the queue is empty once. */
const lastTurn = 2 ** 21 - 1;

/**
 * Turns of tenants in a BullMQ queue, as priorities of its entries (start-time fair queueing: Goyal, Vin and Cheng,
 * 1996). Of each tenant one entry has its turn before any has a second, and a tenant that comes new is next, however
 * many entries of others wait.
 */
export class Turns {
  readonly #connection: Redis;
  readonly #queue: Queue<QueuedEntry>;
  readonly #key: string;

  constructor(connection: Redis, queue: Queue<QueuedEntry>) {
    this.#connection = connection;
    this.#queue = queue;
    this.#key = queue.toKey('turns');
  }

  /** The priority that each entry is to be added with, in order; 0 for those that are there. */
  async give(entries: readonly JobEntry[]): Promise<number[]> {
    const lists = ['wait', 'prioritized', 'active', 'delayed'].map((name) => this.#queue.toKey(name));
    const keys = [this.#key, ...lists, ...entries.map(({ jobId }) => this.#queue.toKey(jobId))];
    const tenants = entries.map(({ tenant }) => tenant);
    return (await this.#connection.eval(giveTurns, keys.length, ...keys, lastTurn, ...tenants)) as number[];
  }

  /** Notes that an entry has been taken. */
  async take({ jobId }: JobEntry): Promise<void> {
    await this.#connection.eval(takeTurn, 2, this.#key, this.#queue.toKey(jobId));
  }
}
