export type {
  CallOptions,
  ListOptions,
  PostOptions,
  ReadingOptions,
  ScoreOptions,
  StudyOptions,
  WaitOptions,
} from './call-options.js';
export { MediclipClient, type ResultOf } from './client.js';
export { ClientProblem, ConnectionError } from './client-problem.js';
export { type Bytes, fileAt, type LabelledFile, type NamedFile } from './files.js';
export type { InferredMap } from './inference.js';
export { JobNotSucceeded } from './job-not-succeeded.js';
export { type ServerSentEvent, serverSentEvents } from './server-sent-events.js';
export type { ClientOptions } from './transport.js';
