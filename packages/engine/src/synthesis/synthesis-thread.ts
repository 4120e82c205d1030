/** A worker thread of the synthesis pool: draws what it is asked for, in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { drawSample, transferable } from './draw-sample.js';
import type { ThreadRequest } from './synthesis-pool.js';

const port = parentPort;
if (!port) throw new Error('The synthesis thread is an entry of the synthesis pool; start it through SynthesisPool.');

port.on('message', (request: ThreadRequest) => {
  const answer = drawSample(workerData, request);
  port.postMessage(answer, 'sample' in answer ? transferable(answer.sample) : []);
});
