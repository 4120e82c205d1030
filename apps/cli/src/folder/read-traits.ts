import { createHash } from 'node:crypto';
import path from 'node:path';
import type { ImageToAudit } from '@mediclip/audit';
import type { AuditedImage } from '@mediclip/contracts';
import type { ImagingPool } from '@mediclip/imaging';
import { pMapIterable } from 'p-map';
import type { ReadingFlags } from '../commands/reading-flags.js';
import { filesAtOnce, readImageFile } from '../image-files.js';
import { naming, withImagingPool } from '../images.js';
import { Progress } from '../terminal/progress.js';
import { UsageError } from '../usage-error.js';
import type { Task } from '../workplace/workplace.js';
import type { DataFolder } from './data-files.js';

interface LabelledFile extends Pick<AuditedImage, 'split' | 'label'> {
  readonly file: string;
}

/**
 * The images of a folder as an audit takes them, named by their paths in it; those that cannot be read are left out and
 * said.
 */
export async function readTraits(
  folder: string,
  { trainNormal, test }: Pick<DataFolder, 'trainNormal' | 'test'>,
  { output, signal }: Task,
  reading: ReadingFlags,
): Promise<ImageToAudit[]> {
  const files: LabelledFile[] = [
    ...trainNormal.map((file) => ({ file, split: 'train' as const, label: 'normal' as const })),
    ...test.map(({ file, abnormal }) => ({
      file,
      split: 'test' as const,
      label: abnormal ? ('abnormal' as const) : ('normal' as const),
    })),
  ];
  const progress = new Progress(output, 'images');
  const images: ImageToAudit[] = [];
  let done = 0;
  await withImagingPool(reading, async (pool) => {
    const read = (labelled: LabelledFile) => imageToAudit(folder, labelled, pool);
    for await (const image of pMapIterable(files, read, { concurrency: filesAtOnce })) {
      signal.throwIfAborted();
      if (typeof image === 'string') {
        output.event({ event: 'left-out', message: image });
        output.remark(`Left out: ${image}`);
      } else images.push(image);
      progress.update({ phase: 'auditing', done: ++done, total: files.length });
    }
  }).finally(() => progress.stop());
  return images;
}

/** The image of a file, or why it cannot be read. */
async function imageToAudit(
  folder: string,
  { file, split, label }: LabelledFile,
  pool: ImagingPool,
): Promise<ImageToAudit | string> {
  try {
    const bytes = await readImageFile(file);
    const { description, traits } = await naming(file, pool.frame(bytes, { traits: true }));
    const { width, height, format } = description;
    const name = path.relative(folder, file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { imageId: name, fileName: name, split, label, sha256, width, height, format, traits };
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
