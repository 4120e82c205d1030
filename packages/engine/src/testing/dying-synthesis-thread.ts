/**
 * A synthesis thread that dies on demand: step 13 always kills it, step 7 the first time (counted in the memory that
 * all threads share: the first pixel of image 0). Everything else is drawn.
 */
import type { SampleRequest } from '@mediclip/adaptation';
import { serveTasks, threadData } from '@mediclip/threads';
import { drawSample, type SynthesisThreadData } from '../synthesis/draw-sample.js';

const data = threadData<SynthesisThreadData>();
serveTasks({
  draw: (request: SampleRequest) => {
    const { step } = request;
    if (step === 13 || (step === 7 && Atomics.sub(data.images[0]!.data, 0, 1) === 200)) process.exit(1);
    return drawSample(data, request);
  },
});
