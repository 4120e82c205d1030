import path from 'node:path';
import { auditImages, withNormals } from '@mediclip/audit';
import type { Engine } from '@mediclip/engine';
import { announce, readDataFolder } from '../folder/data-folder.js';
import { inspectFolder } from '../folder/inspect-folder.js';
import { readTraits } from '../folder/read-traits.js';
import { UsageError } from '../usage-error.js';
import type { AuditedFolder, AuditFlags, Task } from '../workplace/workplace.js';
import { withEngine } from './with-engine.js';

/**
 * Copies within and across training and test images and labels of a folder, trivial cues that tell the labels of the
 * test images apart, and normal images that do not belong. An image that cannot be read is left out and said.
 */
export async function audit(folder: string, flags: AuditFlags, task: Task): Promise<AuditedFolder> {
  const data = await readDataFolder(folder);
  announce(task.output, data);
  const images = await readTraits(folder, data, task, flags);
  if (images.length === 0) throw new UsageError(`None of the images of ${folder} could be read: see above.`);
  const { findings } = auditImages(images);
  const normals = images.filter(({ split, label }) => split === 'train' && label === 'normal');
  const engine: Pick<Engine, 'inspect'> = {
    inspect: (job, options) => withEngine(flags, (started) => started.inspect(job, options)),
  };
  const inspected = await inspectFolder(folder, normals, engine, task, flags);
  const name = path.basename(path.resolve(folder));
  return { name, images: images.length, findings: withNormals(findings, inspected, normals.length) };
}
