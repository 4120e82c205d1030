import { statSync } from 'node:fs';
import { idSchema } from '@mediclip/contracts';
import { UsageError } from '../usage-error.js';
import type { Task } from '../workplace/workplace.js';
import type { Server } from './server.js';
import { type UploadedFolder, type UploadOptions, uploadFolder } from './upload-folder.js';

/** The data set that a person named: by its id, or as a folder of this machine, which is uploaded. */
export async function datasetOf(
  server: Server,
  named: string,
  task: Task,
  how: Omit<UploadOptions, 'into' | 'name'> = {},
): Promise<Partial<UploadedFolder> & Pick<UploadedFolder, 'dataset'>> {
  if (statSync(named, { throwIfNoEntry: false }) === undefined) {
    if (idSchema.safeParse(named).success) return { dataset: { id: named } };
    throw new UsageError(`${named} is neither a folder nor the id of a data set: name a folder of images, or an id.`);
  }
  return uploadFolder(server, named, task, how);
}
