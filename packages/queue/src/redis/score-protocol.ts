/**
 * How scores travel through Redis. A request is a key with its bytes, which Redis itself drops at the deadline, and a
 * reference to it in a list: the list of its topic while a server has announced that topic, the common list otherwise.
 * A reply is an element of the list of the channel that asked.
 */
import type { TraceCarrier } from '@mediclip/tracing';
import type { Redis } from 'ioredis';
import { longestDeadlineMs } from '../score-channel.js';

/** Says where a request's bytes and its caller are. */
export interface RequestReference {
  channelId: string;
  requestId: string;
  topic: string;
  /** The trace of the request that waits, where it is traced. */
  trace?: TraceCarrier | undefined;
}

/** How long an announcement holds unless it is repeated. */
const announcementMs = 6000;
/** How often a server repeats its announcement. */
export const announceEveryMs = 2000;
/** How long a reply waits for a caller that is reconnecting. */
const replyLifeMs = 60_000;

export class ScoreKeys {
  constructor(readonly prefix: string) {}

  payload = (requestId: string) => `${this.prefix}:payload:${requestId}`;
  replies = (channelId: string) => `${this.prefix}:replies:${channelId}`;
  /** A list that only wakes a server from its wait. */
  wake = (serverId: string) => `${this.prefix}:wake:${serverId}`;
  /** References that a server with these topics takes, its own topics first. */
  requests = (topics: readonly string[]) => [
    ...topics.map((topic) => `${this.prefix}:requests:${topic}`),
    `${this.prefix}:requests`,
  ];
  /** Channel of the ids of requests whose caller has gone. */
  get gone(): string {
    return `${this.prefix}:gone`;
  }
}

const nowMs = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

const postScript = `${nowMs}
local prefix, topic = ARGV[1], ARGV[2]
local list = prefix .. ':requests'
if redis.call('ZCOUNT', prefix .. ':servers:' .. topic, now, '+inf') > 0 then list = list .. ':' .. topic end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
redis.call('RPUSH', list, ARGV[5])
redis.call('PEXPIRE', list, ARGV[6])`;

/** Stores a request for as long as its deadline allows. */
export async function postRequest(
  redis: Redis,
  keys: ScoreKeys,
  { channelId, requestId, topic, trace }: RequestReference,
  payload: Uint8Array,
  deadlineMs: number,
): Promise<void> {
  const reference = JSON.stringify([channelId, requestId, topic, ...(trace ? [trace] : [])]);
  const life = [Math.ceil(deadlineMs), reference, longestDeadlineMs];
  await redis.eval(postScript, 1, keys.payload(requestId), keys.prefix, topic, asBuffer(payload), ...life);
}

/** Drops a request that nobody waits for any more, and tells the server that has taken it. */
export async function dropRequest(redis: Redis, keys: ScoreKeys, requestId: string): Promise<void> {
  await Promise.all([redis.del(keys.payload(requestId)), redis.publish(keys.gone, requestId)]);
}

const announceScript = `${nowMs}
local prefix, server, lifeMs = ARGV[1], ARGV[2], ARGV[3]
local known = prefix .. ':topics'
for _, topic in ipairs(redis.call('SMEMBERS', known)) do redis.call('ZREM', prefix .. ':servers:' .. topic, server) end
for place = 4, #ARGV do
  redis.call('SADD', known, ARGV[place])
  redis.call('ZADD', prefix .. ':servers:' .. ARGV[place], now + lifeMs, server)
end
for _, topic in ipairs(redis.call('SMEMBERS', known)) do
  local servers, list = prefix .. ':servers:' .. topic, prefix .. ':requests:' .. topic
  redis.call('ZREMRANGEBYSCORE', servers, '-inf', '(' .. now)
  if redis.call('ZCARD', servers) == 0 then
    redis.call('SREM', known, topic)
    while redis.call('LMOVE', list, prefix .. ':requests', 'LEFT', 'RIGHT') do end
  end
end`;

/**
 * Says which topics a server has warm, in place of what it said before. Requests of topics that no living server has
 * any more go to the common list.
 */
export async function announce(
  redis: Redis,
  keys: ScoreKeys,
  serverId: string,
  topics: readonly string[],
): Promise<void> {
  await redis.eval(announceScript, 0, keys.prefix, serverId, announcementMs, ...topics);
}

/** Leaves a request that was taken from a list to any other server; `element` is the one that was taken. */
export async function returnRequest(redis: Redis, keys: ScoreKeys, element: string): Promise<void> {
  const list = `${keys.prefix}:requests`;
  await redis.multi().lpush(list, element).pexpire(list, longestDeadlineMs).exec();
}

/** Reads an element of a list of requests. */
export function parseReference(element: string): RequestReference {
  const [channelId, requestId, topic, trace] = JSON.parse(element) as [string, string, string, TraceCarrier?];
  return { channelId, requestId, topic, trace };
}

const takeScript = `local payload = redis.call('GET', KEYS[1])
if not payload then return false end
local leftMs = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
return {payload, leftMs}`;

/** Takes a request's bytes and the time it has left; undefined when its caller has gone or its deadline has passed. */
export async function takeRequest(
  redis: Redis,
  keys: ScoreKeys,
  requestId: string,
): Promise<{ payload: Uint8Array; leftMs: number } | undefined> {
  const taken = (await redis.callBuffer('EVAL', takeScript, 1, keys.payload(requestId))) as [Buffer, number] | null;
  return taken === null ? undefined : { payload: asBytes(taken[0]), leftMs: taken[1] };
}

/** A reply, or the sentence of the error that came instead. */
export interface Reply {
  requestId: string;
  failed: boolean;
  bytes: Uint8Array;
}

const requestIdLength = 36;

/** Sends a reply to the channel that asked. */
export async function sendReply(redis: Redis, keys: ScoreKeys, channelId: string, reply: Reply): Promise<void> {
  const header = Buffer.from(`${reply.requestId}${reply.failed ? '-' : '+'}`, 'latin1');
  const list = keys.replies(channelId);
  await redis
    .multi()
    .rpush(list, Buffer.concat([header, reply.bytes]))
    .pexpire(list, replyLifeMs)
    .exec();
}

/** Reads an element of a list of replies. */
export function parseReply(element: Buffer): Reply {
  return {
    requestId: element.toString('latin1', 0, requestIdLength),
    failed: element[requestIdLength] === '-'.charCodeAt(0),
    bytes: asBytes(element.subarray(requestIdLength + 1)),
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function asBytes({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
