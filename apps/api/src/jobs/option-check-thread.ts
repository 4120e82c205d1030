/** The thread of `OptionCheck`. */
import { workerData } from 'node:worker_threads';
import type { AdaptationOptions } from '@mediclip/contracts';
import { serveTasks } from '../threads/serve-tasks.js';
import { optionFaults } from './option-faults.js';

const { modelsFolder } = workerData as { readonly modelsFolder: string };

serveTasks((options: AdaptationOptions) => optionFaults(options, modelsFolder));
