export { type EmbeddedJobQueueOptions, openEmbeddedJobQueue } from './embedded/job-queue.js';
export { openEmbeddedScoreChannel } from './embedded/score-channel.js';
export {
  type AbortCause,
  type Attempt,
  AttemptAborted,
  type ConsumeOptions,
  type Consumer,
  type EnqueueResult,
  type HandlerOutcome,
  type JobEntry,
  type JobHandler,
  type JobQueue,
  maxAttempts,
  QueueError,
  type QueueErrorCode,
  QueueUnavailableError,
} from './job-queue.js';
export { openRedisJobQueue, type RedisJobQueueOptions } from './redis/job-queue.js';
export { openRedisScoreChannel, type RedisScoreChannelOptions } from './redis/score-channel.js';
export {
  longestDeadlineMs,
  ScoreAnswerError,
  type ScoreAnswerer,
  type ScoreChannel,
  ScoreDeadlineError,
  type ScoreRequestOptions,
  type ScoreServer,
  type ServeOptions,
} from './score-channel.js';
export {
  decodeScoreMessage,
  decodeScoreReply,
  encodeScoreMessage,
  encodeScoreReply,
  type ScoreMessage,
  type ScoreReply,
} from './score-messages.js';
export { rejectedTotal, scoreStageSeconds, secondBuckets, sharedMetric } from './shared-metrics.js';
