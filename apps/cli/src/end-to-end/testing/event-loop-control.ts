import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Samples every 10 ms as prom-client does, and prints the longest turn in seconds for each line that it reads. */
const program = `
const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 10 });
delay.enable();
require('node:readline').createInterface({ input: process.stdin }).on('line', () => {
  console.log(delay.max / 1e9);
  delay.reset();
});
console.log('ready');
`;

/** A process that does nothing but wait, to tell how long this machine lets any process wait at the moment. */
export interface EventLoopControl {
  /** The longest turn of its event loop in seconds since this was last asked. */
  longestTurn(): Promise<number>;
  stop(): Promise<void>;
}

export async function startEventLoopControl(): Promise<EventLoopControl> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async longestTurn() {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error('The control process has ended.');
      return Number(value);
    },
    async stop() {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}
