/**
 * Builds the page for people into `apps/page/dist/site`: one script and one style sheet whose names hold their digests,
 * the document that loads them, and the bundled example pictures as one archive. Needs what `tsc -b` leaves.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { inferno } from '@mediclip/maps';
import { build } from 'esbuild';
import yazl from 'yazl';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'apps/page/src');
const site = path.join(root, 'apps/page/dist/site');
const examples = path.join(root, 'examples/brain-mri');
/** A fixed time keeps the archive, and with it its name, the same from build to build. */
const timeOfEntries = new Date(2026, 0, 1);

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** The example pictures in their layout, as a file in `folder`; answers its name. */
async function packExamples(folder) {
  const zip = new yazl.ZipFile();
  const names = (await readdir(examples, { recursive: true })).filter((name) => name.endsWith('.png')).sort();
  for (const name of names) {
    zip.addFile(path.join(examples, name), name.replaceAll(path.sep, '/'), { mtime: timeOfEntries, compress: false });
  }
  zip.end();
  const unnamed = path.join(folder, 'brain-mri.zip');
  await pipeline(zip.outputStream, createWriteStream(unnamed));
  const name = `brain-mri-${digestOf(await readFile(unnamed))}.zip`;
  await rename(unnamed, path.join(folder, name));
  return name;
}

/** Of a library of colour scales the page needs one: its 256 colours take the place of the formulas of all. */
const colourScale = {
  name: 'colour-scale',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^d3-scale-chromatic$/ }, () => ({ path: 'inferno', namespace: 'colour-scale' }));
    onLoad({ filter: /.*/, namespace: 'colour-scale' }, () => {
      const colours = Buffer.from(inferno).toString('hex').match(/.{6}/g);
      const pick = `(share) => '#' + colours[Math.round(share * ${colours.length - 1})]`;
      return {
        contents: `const colours = ${JSON.stringify(colours)};\nexport const interpolateInferno = ${pick};`,
      };
    });
  },
};

/** Writes the site beside the old one first, so that a server never sees half of it. */
export async function buildPage() {
  const folder = `${site}.new-${process.pid}`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  const examplesName = await packExamples(path.join(folder, 'assets'));
  const { outputFiles } = await build({
    entryPoints: { page: path.join(source, 'main.tsx'), style: path.join(source, 'style.css') },
    outdir: folder,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    alias: { 'node:timers/promises': path.join(source, 'browser/timers.ts') },
    define: { examplesFile: JSON.stringify(`/app/assets/${examplesName}`) },
    plugins: [colourScale],
    logLevel: 'warning',
  });
  const names = {};
  for (const { path: written, contents } of outputFiles) {
    const { name, ext } = path.parse(written);
    names[ext] = `${name}-${digestOf(contents)}${ext}`;
    await writeFile(path.join(folder, 'assets', names[ext]), contents);
  }
  const html = (await readFile(path.join(source, 'index.html'), 'utf8')).replace('STYLE', names['.css']);
  await writeFile(path.join(folder, 'index.html'), html.replace('SCRIPT', names['.js']));
  await rm(site, { recursive: true, force: true });
  await rename(folder, site);
}

await buildPage();
