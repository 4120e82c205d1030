/** The thread that writes DICOM objects; dcmjs is loaded here and nowhere else. */
import { serveTasks } from '@mediclip/threads';
import { type MappedRegions, regionMask } from './region-mask.js';
import { secondaryCapture } from './secondary-capture.js';
import { type SegmentationOptions, segmentation } from './segmentation.js';
import { structuredReport } from './structured-report.js';

/** A segmentation of what maps say. */
interface MappedSegmentation extends Omit<SegmentationOptions, 'frames'> {
  readonly frames: readonly (MappedRegions & { readonly frame?: number | undefined })[];
}

const tasks = {
  /** See `secondaryCapture`. */
  secondaryCapture,
  /** See `segmentation`; the masks are drawn from maps here. */
  segmentation({ frames, ...options }: MappedSegmentation): Uint8Array {
    const { rows, columns } = options;
    const masked = frames.map(({ frame, ...regions }) => ({ frame, mask: regionMask(regions, rows, columns) }));
    return segmentation({ ...options, frames: masked });
  },
  /** See `structuredReport`. */
  structuredReport,
};

export type ObjectTasks = typeof tasks;
serveTasks(tasks);
