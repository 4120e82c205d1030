import { conformanceKinds, testJobQueue } from '../testing/job-queue-conformance.js';
import { openEmbeddedJobQueue } from './job-queue.js';

testJobQueue('memory', async () => {
  return openEmbeddedJobQueue({ kinds: conformanceKinds, retryDelayMs: 2, onError: () => undefined });
});
