import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSideFolder } from '@mediclip/dataset-layout';
import { UsageError } from '../usage-error.js';

const mostFiles = 1_000_000;

/**
 * The files below a folder as relative paths with `/`, sorted; links are followed. A folder of an operating system
 * stands for what is in it. Throws a UsageError when there are too many.
 */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const visited = new Set<string>();
  const visit = async (relative: string): Promise<void> => {
    const real = await realpath(path.join(folder, relative));
    if (visited.has(real)) return;
    visited.add(real);
    for (const entry of await readdir(real, { withFileTypes: true })) {
      const name = path.posix.join(relative, entry.name);
      const isFolder = entry.isSymbolicLink() ? await leadsToFolder(path.join(real, entry.name)) : entry.isDirectory();
      if (isFolder && !isSideFolder(entry.name)) await visit(name);
      else files.push(name);
      if (files.length > mostFiles) throw new UsageError(`${folder} holds too many files: name a folder of images.`);
    }
  };
  await visit('');
  return files.sort();
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
