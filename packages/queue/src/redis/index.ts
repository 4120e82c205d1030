/** The drivers on Redis, an entry of their own: BullMQ and its dependencies take half a second to load. */
export { openRedisJobQueue } from './job-queue.js';
export { openRedisScoreChannel } from './score-channel.js';
