import path from 'node:path';
import { auditImages } from '@mediclip/audit';
import type { AxisFlags } from '../commands/reading-flags.js';
import { announce, readDataFolder } from '../folder/data-folder.js';
import { readTraits } from '../folder/read-traits.js';
import { UsageError } from '../usage-error.js';
import type { AuditedFolder, Task } from '../workplace/workplace.js';

/**
 * Copies within and across training and test images and labels of a folder, and trivial cues that tell the labels of
 * the test images apart. An image that cannot be read is left out and said.
 */
export async function audit(folder: string, flags: AxisFlags, { output, signal }: Task): Promise<AuditedFolder> {
  const data = await readDataFolder(folder);
  announce(output, data);
  const images = await readTraits(folder, data, { output, signal }, flags);
  if (images.length === 0) throw new UsageError(`None of the images of ${folder} could be read: see above.`);
  const { findings } = auditImages(images);
  return { name: path.basename(path.resolve(folder)), images: images.length, findings };
}
