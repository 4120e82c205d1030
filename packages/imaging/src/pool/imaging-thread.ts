import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import type { ImageLimits } from '../image/limits.js';
import { doImagingTask, type ImagingTask } from './imaging-task.js';

if (!parentPort) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;

// The pool's threads are the parallelism, and no file comes twice.
sharp.concurrency(1);
sharp.cache(false);

port.on('message', async (task: ImagingTask) => {
  port.postMessage(await doImagingTask(task, workerData as Partial<ImageLimits>));
});
port.postMessage('ready');
