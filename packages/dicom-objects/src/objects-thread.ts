/** The thread that writes DICOM objects; dcmjs is loaded here and nowhere else. */
import { serveTasks } from '@mediclip/threads';
import { secondaryCapture } from './secondary-capture.js';
import { segmentation } from './segmentation.js';
import { structuredReport } from './structured-report.js';

const tasks = { secondaryCapture, segmentation, structuredReport };

export type ObjectTasks = typeof tasks;
serveTasks(tasks);
