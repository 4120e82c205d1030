import { testScoreChannel } from '../testing/score-channel-conformance.js';
import { openEmbeddedScoreChannel } from './score-channel.js';

testScoreChannel('memory', async () => {
  const channel = openEmbeddedScoreChannel();
  return { api: channel, worker: channel };
});
