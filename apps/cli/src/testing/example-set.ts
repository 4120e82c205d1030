import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@mediclip/testing';

/** The images that come with the product, in the layout `train/normal`, `test/normal`, `test/abnormal`, `masks`. */
export const exampleFolder = fileURLToPath(new URL('../../../../examples/brain-mri', import.meta.url));

/** The first `count` example images of a part, e.g. `train/normal`; absolute paths. */
export function exampleImages(part: string, count: number): string[] {
  const folder = path.join(exampleFolder, part);
  return readdirSync(folder)
    .sort()
    .slice(0, count)
    .map((name) => path.join(folder, name));
}

/** A new folder with the given files at paths relative to it. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** A new folder that holds just these images. */
export function imagesFolder(images: readonly string[]): string {
  const folder = temporaryFolder();
  for (const image of images) copyFileSync(image, path.join(folder, path.basename(image)));
  return folder;
}

/** The SHA-256 of the files of a folder, by name. */
export function digestsIn(folder: string): Record<string, string> {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, name)))
      .digest('hex');
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, digest(name)]),
  );
}

/** Prompts of an adaptation whose text tower, which takes most of a step, reads as little as it can. */
export const onePhraseAState = { normal: ['healthy brain'], abnormal: ['brain with a lesion'] };

/** An options file for adaptations that take seconds: three shots, one a step, and a phrase a state. */
export function quickOptions(epochs: number): string {
  const options = {
    shots: 3,
    prompts: onePhraseAState,
    training: { epochs, batchSize: 1, heldOutSamples: 0, selection: 'last', checkpointEverySteps: 3 },
    scoring: { memoryPatches: 64 },
  };
  return path.join(folderWith({ 'options.json': JSON.stringify(options) }), 'options.json');
}
