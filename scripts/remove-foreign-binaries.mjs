/**
 * Removes from onnxruntime-node, which brings its library for every platform, what this machine cannot load: more than
 * 200 MB. Is run after every installation, in a clone and in the images.
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The folder of the binaries has a folder for each platform, and that one for each processor. */
export function removeForeignBinaries(binaries, { platform, arch } = process) {
  for (const name of readdirSync(binaries)) {
    const folder = path.join(binaries, name);
    if (name !== platform) rmSync(folder, { recursive: true });
    else
      for (const other of readdirSync(folder))
        if (other !== arch) rmSync(path.join(folder, other), { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  removeForeignBinaries(path.join(root, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6'));
}
