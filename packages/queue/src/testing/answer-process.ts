/**
 * A worker in a process of its own that answers scores, for tests that kill it. Answers every byte plus one; a request
 * that begins with 0 it only reports, and never answers. Arguments: the Redis URL, the prefix, its topics.
 */
import { openRedisByteChannel } from '../redis/score-channel.js';

const [url, prefix, ...topics] = process.argv.slice(2) as [string, string, ...string[]];
const channel = await openRedisByteChannel({ url, prefix, onError: () => undefined });
process.on('disconnect', () => process.exit());
await channel.serve(
  async (payload) => {
    if (payload[0] === 0) {
      process.send?.('stuck');
      await new Promise(() => undefined);
    }
    return payload.map((value) => value + 1);
  },
  { topics, concurrency: 1 },
);
process.send?.('ready');
