/** A worker thread of the synthesis pool. */
import type { SampleRequest } from '@mediclip/adaptation';
import type { SyntheticSample } from '@mediclip/synthesis';
import { type Moved, move, serveTasks, threadData } from '@mediclip/threads';
import { drawSample, type SynthesisThreadData } from './draw-sample.js';

const data = threadData<SynthesisThreadData>();

const tasks = {
  draw: (request: SampleRequest): Moved<SyntheticSample> => {
    const sample = drawSample(data, request);
    return move(sample, [sample.image.buffer, sample.mask.buffer]);
  },
};

export type SynthesisTasks = typeof tasks;
serveTasks(tasks);
