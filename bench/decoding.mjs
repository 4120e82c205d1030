/**
 * `node bench/decoding.mjs [MEGAPIXELS ...] [KIND ...]`: what decoding takes, for every kind of file, as a table in
 * Markdown: memory a pixel beside the file itself, the largest resident memory of the process, and seconds. Each file
 * is decoded in a process of its own. By default 16 and 64 million pixels, and all kinds; a KIND is what their names
 * begin with (`PNG`). `node bench/decoding.mjs frames` decodes files of 300 frames, one frame after the other.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { largeFiles, manyFrames } from '../packages/imaging/dist/testing/large-files.js';

const child = fileURLToPath(new URL('../packages/imaging/dist/testing/measure-decoding.js', import.meta.url));
const megapixels = process.argv.slice(2).map(Number).filter(Number.isFinite);
const beginnings = process.argv.slice(2).filter((argument) => Number.isNaN(Number(argument)));
const kinds = Object.keys(largeFiles).filter(
  (kind) => beginnings.length === 0 || beginnings.some((beginning) => kind.startsWith(beginning)),
);
const sides = (megapixels.length > 0 ? megapixels : [16, 64]).map(
  (count) => Math.round(Math.sqrt(count * 1e6) / 16) * 16,
);
const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-decoding-'));

async function measured(bytes) {
  const file = path.join(folder, 'image');
  writeFileSync(file, bytes);
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function row({ pixels, idleBytes, peakBytes, seconds, error }) {
  const peak = `${Math.round(peakBytes / 2 ** 20)} MiB`;
  return error
    ? `\`${error}\` | ${peak}`
    : `${((peakBytes - idleBytes) / pixels).toFixed(1)} | ${peak}, ${seconds.toFixed(1)} s`;
}

async function framesTable() {
  console.log('| kind | file | frames | beside the file | peak | time |');
  console.log('|---|---:|---:|---:|---:|---:|');
  for (const [kind, make] of Object.entries(manyFrames)) {
    const { fileBytes, frames, idleBytes, peakBytes, seconds } = await measured(await make());
    const [file, beside, peak] = [fileBytes, peakBytes - idleBytes, peakBytes].map((bytes) =>
      Math.round(bytes / 2 ** 20),
    );
    console.log(`| ${kind} | ${file} MiB | ${frames} | ${beside} MiB | ${peak} MiB | ${seconds.toFixed(1)} s |`);
  }
}

try {
  if (beginnings[0] === 'frames') await framesTable();
  else await sizesTable();
} finally {
  rmSync(folder, { recursive: true });
}

async function sizesTable() {
  console.log(`| kind | ${sides.map((side) => `bytes a pixel at ${side} x ${side} | peak`).join(' | ')} |`);
  console.log(`|---${'|---:|---:'.repeat(sides.length)}|`);
  for (const kind of kinds) {
    const cells = [];
    for (const side of sides) {
      try {
        cells.push(row(await measured(await largeFiles[kind](side))));
      } catch (error) {
        // An encoder without the memory that it needs throws a number.
        if (error instanceof Error) throw error;
        cells.push('the encoder lacks memory |');
      }
    }
    console.log(`| ${kind} | ${cells.join(' | ')} |`);
  }
}
