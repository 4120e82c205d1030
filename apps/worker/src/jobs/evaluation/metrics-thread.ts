/** The worker thread of the figures: they take seconds of arithmetic, which no event loop may wait for. */
import { parentPort } from 'node:worker_threads';
import { imageMetrics, PixelMetricsAccumulator } from '@mediclip/evaluation';
import type { MetricsReply, MetricsRequest } from './metrics-calculator.js';

if (!parentPort) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;
const pixels = new PixelMetricsAccumulator();

port.on('message', (request: MetricsRequest) => port.postMessage(answer(request)));

function answer(request: MetricsRequest): MetricsReply {
  switch (request.what) {
    case 'add':
      pixels.add(request.map, request.mask, request.side, request.side);
      return 'added';
    case 'figures':
      return { image: imageMetrics(request.scores, request.abnormal), pixel: pixels.result() };
  }
}
