/**
 * `node bench/dicom.mjs PYTHON`: decoding a DICOM file of 3000 x 3000 values of 12 bits, here and in pydicom with the
 * fastest of the plug-ins that PYTHON has, for four transfer syntaxes, as a table in Markdown: processor and wall
 * seconds, their ratios, and memory a pixel beyond what the process had before. Both read the file and end with its
 * values in memory, each time in a process of their own that has decoded the file before; the repetitions take turns.
 * `dicom.py` names the packages of PYTHON. Linux only.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { dicomFile } from '../packages/imaging/dist/testing/dicom-file.js';
import { describeSpread, spreadOf } from './spread.mjs';

const repetitions = 5;
const side = 3000;
const example = fileURLToPath(new URL('../examples/brain-mri/test/abnormal', import.meta.url));
const script = fileURLToPath(new URL('dicom.py', import.meta.url));
const warmDecoding = fileURLToPath(new URL('dicom-warm.mjs', import.meta.url));
const child = fileURLToPath(new URL('../packages/imaging/dist/testing/measure-decoding.js', import.meta.url));
const [, , python] = process.argv;
if (!python) throw new RangeError('Give the path of a Python that has pydicom and its plug-ins.');

function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(stderr);
  return stdout;
}
const inPython = (...args) => run(python, script, ...args);

/** An example, enlarged, with noise in its three lowest bits. */
async function uncompressed() {
  const source = path.join(example, readdirSync(example).sort()[0]);
  const { data } = await sharp(source).greyscale().resize(side, side).raw().toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(side * side);
  for (let i = 0; i < values.length; i++) values[i] = data[i] * 16 + Math.floor(Math.random() * 8);
  const pixelData = new Uint8Array(values.buffer);
  return dicomFile({ rows: side, columns: side, bitsAllocated: 16, bitsStored: 12, pixelData });
}

const here = (file) => JSON.parse(run(process.execPath, warmDecoding, file));

/** Of decoding as an upload does, what is stored included. */
function bytesAPixel(file) {
  const { pixels, idleBytes, peakBytes } = JSON.parse(run(process.execPath, child, file));
  return (peakBytes - idleBytes) / pixels;
}

/** The plug-in of pydicom with the smallest processor time of the file. */
function fastestPlugin(file) {
  const found = Object.entries(JSON.parse(inPython('measure', file)));
  const [fastest] = found.sort(([, a], [, b]) => a.processor - b.processor);
  return fastest[0];
}

function row(file) {
  const plugin = fastestPlugin(file);
  const [ours, theirs] = [[], []];
  for (let round = 0; round < repetitions; round++) {
    ours.push(here(file));
    theirs.push(JSON.parse(inPython('measure', file, plugin))[plugin]);
  }
  const seconds = (all, kind) =>
    describeSpread(
      all.map((one) => one[kind]),
      2,
    );
  const ratio = (kind) =>
    describeSpread(
      ours.map((one, round) => one[kind] / theirs[round][kind]),
      2,
    );
  const cells = [
    path.parse(file).name,
    `${(readFileSync(file).length / 1e6).toFixed(1)} MB`,
    ...[seconds(ours, 'processor'), seconds(theirs, 'processor'), ratio('processor')],
    ...[seconds(ours, 'wall'), seconds(theirs, 'wall'), ratio('wall')],
    bytesAPixel(file).toFixed(1),
    spreadOf(theirs.map((one) => one.bytesAPixel)).median.toFixed(1),
    plugin,
  ];
  return `| ${cells.join(' | ')} |`;
}

const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-dicom-'));
try {
  const plain = path.join(folder, 'uncompressed.dcm');
  writeFileSync(plain, await uncompressed());
  inPython('compress', plain, folder);
  console.log(
    '| transfer syntax | file | processor here, s | pydicom, s | ratio | wall here, s | pydicom, s | ratio |' +
      ' bytes a pixel here | pydicom | plug-in |',
  );
  console.log(`|---|${'---:|'.repeat(9)}---|`);
  for (const name of readdirSync(folder).sort()) console.log(row(path.join(folder, name)));
} finally {
  rmSync(folder, { recursive: true });
}
