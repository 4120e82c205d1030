import type { RandomStream } from './random/random-stream.js';

/**
 * In the order in which probabilities are added up, so that a draw does not depend on the order of an object's keys.
 */
const allTasks = [
  'cutPaste',
  'gaussianIntensity',
  'smoothIntensity',
  'sourceDeformation',
  'sinkDeformation',
  'identity',
] as const;

export type SynthesisTask = (typeof allTasks)[number];

export interface SynthesisOptions {
  /** Probability of each task; they sum to 1. */
  readonly tasks: Readonly<Record<SynthesisTask, number>>;
  /** Probability that a second anomaly of the same task follows the first. */
  readonly secondAnomalyProbability: number;
}

/** Draws a task. Throws a RangeError when the options are no probabilities. */
export function drawTask(options: SynthesisOptions, random: RandomStream): SynthesisTask {
  const total = checkOptions(options);
  const draw = random.uniform(0, total);
  let sum = 0;
  for (const task of allTasks) {
    sum += options.tasks[task];
    if (draw < sum) return task;
  }
  throw new Error(`A draw of ${draw} exceeds the sum of all probabilities, ${total}; this is a bug.`);
}

/** Returns the sum of the task probabilities, which is 1 up to rounding. */
function checkOptions({ tasks, secondAnomalyProbability }: SynthesisOptions): number {
  const isProbability = (value: number) => value >= 0 && value <= 1;
  const sum = allTasks.reduce((total, task) => total + tasks[task], 0);
  if (!allTasks.every((task) => isProbability(tasks[task])) || Math.abs(sum - 1) > 1e-6) {
    throw new RangeError(`The task probabilities must lie in 0 to 1 and sum to 1, not to ${sum}.`);
  }
  if (!isProbability(secondAnomalyProbability)) {
    throw new RangeError(`The probability of a second anomaly is ${secondAnomalyProbability}; give one in 0 to 1.`);
  }
  return sum;
}
