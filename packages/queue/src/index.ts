export { openEmbeddedJobQueue } from './embedded/job-queue.js';
export { openEmbeddedScoreChannel } from './embedded/score-channel.js';
export {
  type Attempt,
  AttemptAborted,
  type ConsumeOptions,
  type Consumer,
  type HandlerOutcome,
  type JobEntry,
  type JobHandler,
  type JobQueue,
  maxAttempts,
  QueueError,
  type QueueErrorCode,
  QueueUnavailableError,
} from './job-queue.js';
export {
  type ScoreAnswerer,
  type ScoreChannel,
  ScoreDeadlineError,
  type ScoreServer,
} from './score-channel.js';
export type { ScoreMessage, ScoreReply } from './score-messages.js';
export { rejectedTotal, scoreStageSeconds, secondBuckets, sharedMetric } from './shared-metrics.js';
