import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  detectorFileNames,
  readDetector,
  readDetectorDescription,
  requireMemory,
  writeExportedModel,
} from '@mediclip/adaptation';
import { openBackbone } from '@mediclip/backbones';
import type { Engine } from '@mediclip/engine';
import { makeFolder, sha256Of } from '@mediclip/files';
import { filesDigest } from '@mediclip/store';
import { loadNormals } from '../folder/load-normals.js';
import { Progress } from '../terminal/progress.js';
import { UsageError } from '../usage-error.js';
import type { MadeDetector, ReviseFlags, Task } from '../workplace/workplace.js';

/**
 * Makes a new detector of one and the normal training images of a folder that it does not know, in an engine that may
 * still be starting. Those that it knows must be in that folder too, or in `--known`. MODEL stays as it is; OUT is
 * whole or not there.
 */
export async function revise(
  model: string,
  folder: string,
  starting: Promise<Engine>,
  flags: ReviseFlags,
  { output, signal }: Task,
): Promise<MadeDetector & { readonly added: readonly string[] }> {
  const parentFolder = path.resolve(model);
  const description = await readDetectorDescription(parentFolder);
  requireMemory(description);
  const known = description.images.pixelDigests;
  if (known === undefined) {
    throw new UsageError(`${model} does not say which images it knows, as those of earlier versions: adapt again.`);
  }
  const out = path.resolve(flags.out ?? revisedName(model));
  if (existsSync(out)) throw new UsageError(`${out} exists: name another place with --out.`);
  const { images, pixelDigests, added, copies } = await loadNormals({
    known,
    knownFolder: flags.known ?? folder,
    folder,
    side: description.side,
    intensity: description.intensity,
    reading: flags,
    leftOut: (message) => output.remark(`Left out: ${message}`),
  });
  for (const file of copies) output.remark(`Left out as a copy (or nearly) of another one: ${file}`);
  output.remark(`Adding ${added.length} normal images to the ${known.length} that the model knows.`);

  const partial = `${out}.partial`;
  await rm(partial, { recursive: true, force: true });
  await makeFolder(partial);
  const progress = new Progress(output, 'images');
  const outFolder = path.join(partial, 'model');
  try {
    const origin = { pixelDigests, parentDigest: await digestOf(parentFolder) };
    const job = { parentFolder, images, origin, workFolder: partial, outFolder };
    await (await starting).revise(job, { signal, onProgress: (step) => progress.update(step) });
    const backbone = openBackbone(description.backbone.id, { modelsFolder: path.resolve(flags.modelsDir) });
    await writeExportedModel(outFolder, await readDetector(outFolder), backbone);
    await rename(outFolder, out);
  } finally {
    progress.stop();
    await rm(partial, { recursive: true, force: true });
  }
  return { model: out, place: out, called: flags.out ?? path.basename(out), added };
}

/** `brain.mediclip` becomes `brain-revised.mediclip`. */
function revisedName(model: string): string {
  const { name, ext } = path.parse(path.resolve(model));
  return `${name}-revised${ext}`;
}

/** The digest that the service gives a model of these files. */
async function digestOf(folder: string): Promise<string> {
  const files = await Promise.all(
    [...detectorFileNames].sort().map(async (name) => {
      const file = path.join(folder, name);
      return { name, sha256: await sha256Of(await readFile(file)), sizeBytes: (await stat(file)).size };
    }),
  );
  return filesDigest(files);
}
