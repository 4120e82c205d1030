/** The worker thread of an evaluation: figures take seconds of arithmetic, which no event loop may wait for. */
import { parentPort, workerData } from 'node:worker_threads';
import { compareModels, imageMetrics, PixelMetricsAccumulator, renderReport } from '@mediclip/evaluation';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './evaluation-thread.js';

if (!parentPort) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;
const { threshold } = workerData as ThreadData;
const pixels = new PixelMetricsAccumulator({ threshold });

port.on('message', (request: ThreadRequest) => port.postMessage(answer(request)));

function answer(request: ThreadRequest): ThreadAnswer {
  switch (request.what) {
    case 'add':
      pixels.add(request.map, request.mask, request.side, request.side);
      return null;
    case 'figures':
      return { image: imageMetrics(request.scores, request.abnormal), pixel: pixels.result() };
    case 'compare':
      return compareModels(request.scores, request.baselineScores, request.abnormal);
    case 'report':
      return renderReport(request.data);
  }
}
