/**
 * A synthesis thread that dies on demand: step 13 always kills it, step 7 the first time (counted in the memory that all threads
 * share: the first pixel of image 0). Everything else is drawn.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { drawSample } from '../synthesis/draw-sample.js';
import type { SynthesisThreadData, ThreadRequest } from '../synthesis/synthesis-pool.js';

const data = workerData as SynthesisThreadData;
parentPort!.on('message', (request: ThreadRequest) => {
  const { step } = request.request;
  if (step === 13 || (step === 7 && Atomics.sub(data.images[0]!.data, 0, 1) === 200)) process.exit(1);
  parentPort!.postMessage(drawSample(data, request));
});
