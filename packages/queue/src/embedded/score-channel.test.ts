import { testScoreChannel } from '../testing/score-channel-conformance.js';
import { openEmbeddedScoreChannel } from './score-channel.js';

testScoreChannel('memory', async () => {
  const channel = openEmbeddedScoreChannel<Uint8Array, Uint8Array>();
  return { api: channel, worker: channel };
});
