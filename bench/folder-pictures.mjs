import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The picture files of a folder and the folders in it, masks left out, in order. */
export function picturesOf(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(png|jpe?g)$/i.test(entry.name))
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => !/[/\\](masks|ground_true|ground_truth)[/\\]/.test(file))
    .sort();
}
