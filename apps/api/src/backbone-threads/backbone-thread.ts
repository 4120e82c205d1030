/** A thread that opens backbones. */
import type { AdaptationOptions } from '@mediclip/contracts';
import { serveTasks, threadData } from '@mediclip/threads';
import { optionFaults } from '../jobs/option-faults.js';
import { buildDetector } from '../models/exports/build-detector.js';

const { modelsFolder } = threadData<{ readonly modelsFolder: string }>();

const tasks = {
  /** See `optionFaults`. */
  optionFaults: (options: AdaptationOptions) => optionFaults(options, modelsFolder),
  /** See `buildDetector`. */
  buildDetector: (folder: string) => buildDetector(folder, modelsFolder),
};

export type BackboneTasks = typeof tasks;
serveTasks(tasks);
