/**
 * What a synthetic sample costs at 224 pixels in processor time. Run directly, it prints a line for each task and one
 * for the default mix.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { RandomStream, synthesize } from '@mediclip/synthesis';

const side = 224;
const shots = 16;
const samples = 200;

/** Smooth stripes with noise, another phase for each shot. */
function supportImage(shot) {
  const random = new RandomStream(1, 0, shot);
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const stripes = Math.sin((i % side) / 30 + shot) * Math.cos(i / side / 40);
    return 128 + 90 * stripes + random.uniform(-10, 10);
  });
  return { width: side, height: side, data };
}

function millisecondsPerSample(support, options) {
  const visit = (step) => {
    for (let sample = 0; sample < samples; sample++) {
      synthesize(support[sample % shots], support, new RandomStream(1, step, sample), options);
    }
  };
  visit(0);
  const before = process.cpuUsage();
  visit(1);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / samples;
}

/**
 * Milliseconds of processor time for one sample, after a warm-up: `millisecondsPerSample` over the default mix of
 * tasks, `millisecondsPerTask` for each task alone (with a second anomaly in half of the samples). The goal is at most
 * 8 for the mix.
 */
export async function synthesisBench() {
  const support = Array.from({ length: shots }, (_, shot) => supportImage(shot));
  const { synthesis } = resolveAdaptationOptions();
  const { tasks, secondAnomalyProbability } = synthesis;
  const none = Object.fromEntries(Object.keys(tasks).map((task) => [task, 0]));
  const millisecondsPerTask = {};
  for (const task of Object.keys(tasks)) {
    const options = { tasks: { ...none, [task]: 1 }, secondAnomalyProbability };
    millisecondsPerTask[task] = millisecondsPerSample(support, options);
  }
  return { millisecondsPerSample: millisecondsPerSample(support, synthesis), millisecondsPerTask };
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { millisecondsPerSample: mix, millisecondsPerTask } = await synthesisBench();
  for (const [name, value] of [...Object.entries(millisecondsPerTask), ['default mix', mix]]) {
    process.stdout.write(`${name.padEnd(20)} ${value.toFixed(2)} ms/sample\n`);
  }
}
