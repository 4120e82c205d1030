import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython } from '@mediclip/testing';
import { type OpenImage, openImage } from '../decode/open-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { ImageError, type ImageErrorCode } from '../image/image-error.js';
import { windowedGrey } from '../image/window.js';

/** pydicom 3.0 and every codec that it decodes with. */
const packages = [
  'pydicom==3.0.1',
  'numpy==2.2.6',
  'pylibjpeg==2.0.1',
  'pylibjpeg-libjpeg==2.3.0',
  'pylibjpeg-openjpeg==2.4.0',
  'pyjpegls==1.5.1',
];
const script = fileURLToPath(new URL('../../src/testing/pydicom_values.py', import.meta.url));

/** What pydicom found in one of its test files; of its frames the first and the last. */
interface PydicomFile {
  readonly path: string;
  readonly file: string;
  /** The name of the transfer syntax. */
  readonly syntax?: string;
  /** Photometric interpretation and bits allocated. */
  readonly kind?: string;
  readonly frames?: readonly PydicomFrame[];
  readonly error?: string;
}

/** Files of numbers: RGB bytes; or values in the modality's unit, and greys by the file's window if it has one. */
interface PydicomFrame {
  readonly frame: number;
  readonly colours?: string;
  readonly values?: string;
  readonly shown?: string;
}

export interface Comparison {
  readonly file: string;
  readonly syntax: string;
  readonly kind: string;
  /** The class of the error that pydicom raised; undefined if it decoded the file. */
  readonly pydicomError?: string | undefined;
  /** The error of this product; undefined if it decoded the file. */
  readonly error?: ImageErrorCode | undefined;
  /** Largest difference of a grey or colour of 0..255, where both decoded the file. */
  readonly difference?: number | undefined;
}

/** Decodes all files that come with pydicom with it and with this product; null, said, where pydicom cannot be had. */
export async function compareWithPydicom(): Promise<Comparison[] | null> {
  const python = findPython(packages);
  if (!python) return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-pydicom-'));
  try {
    const { status, stdout, stderr } = spawnSync(python, ['-W', 'ignore', script, folder], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    if (status !== 0) throw new Error(`pydicom failed: ${stderr}`);
    const files: readonly PydicomFile[] = JSON.parse(stdout);
    const compared: Comparison[] = [];
    for (const file of files) compared.push(await compare(file, folder));
    return compared;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(file: PydicomFile, folder: string): Promise<Comparison> {
  const about = { file: file.file, syntax: file.syntax ?? '', kind: file.kind ?? '', pydicomError: file.error };
  try {
    const image = await openImage(readFileSync(file.path), { minimumSide: 1 });
    return { ...about, difference: await largestDifference(image, file.frames ?? [{ frame: 0 }], folder) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { ...about, error: error.code };
  }
}

async function largestDifference(
  image: OpenImage,
  frames: readonly PydicomFrame[],
  folder: string,
): Promise<number | undefined> {
  let largest: number | undefined;
  for (const frame of frames) {
    const decoded = await image.frame(frame.frame);
    const expected = expectedPixels(decoded, frame, folder);
    if (!expected) continue;
    if (expected.length !== decoded.data.length) return Number.POSITIVE_INFINITY;
    largest ??= 0;
    for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]! - decoded.data[i]!));
  }
  return largest === undefined ? undefined : Math.round(largest * 100) / 100;
}

/**
 * The pixels that pydicom's numbers make; of values without a window by the range that the product says it stretched.
 */
function expectedPixels(
  { mode, notes }: DecodedImage,
  { colours, values, shown }: PydicomFrame,
  folder: string,
): ArrayLike<number> | undefined {
  if (colours) return readFileSync(path.join(folder, colours));
  if (shown) return doubles(path.join(folder, shown));
  if (!values) return undefined;
  const numbers = doubles(path.join(folder, values));
  if (mode === 'bilevel') return numbers.map((value) => 255 * value);
  const [, low, high] = /^greys (\S+)\.\.(\S+) were stretched/.exec(notes.join('\n')) ?? [];
  return numbers.map((value) => windowedGrey(value, { low: Number(low), high: Number(high) }));
}

function doubles(file: string): Float64Array {
  return new Float64Array(Uint8Array.from(readFileSync(file)).buffer);
}
