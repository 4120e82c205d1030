import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Files that lie in folders of images without being images. */
const ignored = /^\.|^(readme|licen[cs]e|thumbs\.db|desktop\.ini)|\.(md|txt|json|csv)$/i;

/** The files of a folder that are to be read as images, sorted by name; none when there is no such folder. */
export async function imageFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isDirectory() && !ignored.test(entry.name))
    .map(({ name }) => path.join(folder, name))
    .sort();
}
