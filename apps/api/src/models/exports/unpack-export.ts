import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { detectorFileNames } from '@mediclip/adaptation';
import { type Model, modelSchema, ProblemError } from '@mediclip/contracts';
import { hashing } from '@mediclip/files';
import { filesDigest } from '@mediclip/store';
import type { ArchiveFile } from '../../uploads/archive/archive.js';
import { exportFiles } from './export-files.js';
import { assertFewValues, assertWithinBounds, type RecordBounds } from './record-bounds.js';

/** Without what is only said of a model of this server. */
const recordSchema = modelSchema.omit({ pinned: true, verdicts: true, dicomResults: true });

/** More than any record that passes `assertWithinBounds` has. */
export const largestTextBytes = 4 * 1024 * 1024;
const largestDetectorBytes = 1024 * 1024 * 1024;
const sumsLine = /^([0-9a-f]{64}) {2}([^\s].{0,199})$/;

/** The files of an archive by name, and the digest that `SHA256SUMS` has for each. */
interface SummedFiles {
  readonly files: ReadonlyMap<string, ArchiveFile>;
  readonly sums: ReadonlyMap<string, string>;
}

/**
 * Holds every file of an exported model against `SHA256SUMS`, writes those of the detector to `folder`, and returns
 * what the model says of itself. Throws `model-archive-invalid` and `model-archive-changed`.
 */
export async function unpackExport(
  archived: readonly ArchiveFile[],
  folder: string,
  bounds: RecordBounds,
): Promise<Model> {
  const summed = await readSums(new Map(archived.map((file) => [file.name, file])));
  await mkdir(folder);
  for (const name of detectorFileNames) {
    await checked(summed, name, largestDetectorBytes, () =>
      createWriteStream(path.join(folder, name), { flags: 'wx' }),
    );
  }
  const model = parseModel(await checkedText(summed, exportFiles.record), bounds);
  assertWithinBounds(model, bounds);
  const own = [...detectorFileNames].sort().map((name) => ({ name, sha256: summed.sums.get(name)!, sizeBytes: 0 }));
  if (filesDigest(own) !== model.digest) {
    throw new ProblemError('model-archive-changed', 'The files of the detector are not those that the model names.', {
      entry: exportFiles.record,
    });
  }
  const done = new Set([...detectorFileNames, exportFiles.record]);
  for (const name of summed.files.keys()) {
    if (!done.has(name)) await checked(summed, name, Number.POSITIVE_INFINITY, nowhere);
  }
  return model;
}

/** Reads `SHA256SUMS`, which must name exactly the other files of the archive. */
async function readSums(archived: Map<string, ArchiveFile>): Promise<SummedFiles> {
  const list = archived.get(exportFiles.sums);
  if (list === undefined || list.sizeBytes > largestTextBytes) throw invalid(`It has no ${exportFiles.sums}.`);
  archived.delete(exportFiles.sums);
  const text = await buffer(list.open()).catch(unreadable(exportFiles.sums));
  const sums = new Map<string, string>();
  for (const line of text.toString('utf8').split('\n').slice(0, -1)) {
    const [, digest, name] = sumsLine.exec(line) ?? [];
    if (digest === undefined || name === undefined) throw changed(exportFiles.sums, 'has a line that is no digest');
    sums.set(name, digest);
  }
  for (const name of archived.keys()) if (!sums.has(name)) throw changed(name, 'was added');
  for (const name of sums.keys()) if (!archived.has(name)) throw changed(name, 'is missing');
  for (const name of [...detectorFileNames, exportFiles.record]) {
    if (!sums.has(name)) throw invalid(`It has no ${name}.`);
  }
  return { files: archived, sums };
}

/** Writes a file of the archive to what `open` opens, which is whole and as exported when the promise resolves. */
async function checked(
  { files, sums }: SummedFiles,
  name: string,
  maximumBytes: number,
  open: () => Writable,
): Promise<void> {
  const file = files.get(name)!;
  if (file.sizeBytes > maximumBytes) throw invalid(`Its file ${name} is larger than ${maximumBytes} bytes.`);
  const hashed = hashing(file.open());
  await pipeline(hashed, open()).catch(unreadable(name));
  if (hashed.digest() !== sums.get(name)) throw changed(name, 'does not match its digest');
}

async function checkedText(summed: SummedFiles, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  const keep = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await checked(summed, name, largestTextBytes, () => keep);
  return Buffer.concat(chunks).toString('utf8');
}

function parseModel(text: string, bounds: RecordBounds): Model {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`Its ${exportFiles.record} is not JSON.`, cause);
  }
  if (typeof value === 'object' && value !== null) assertFewValues(value, bounds);
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`Its ${exportFiles.record} is not that of a model (${issue?.path.join('.')}: ${issue?.message}).`);
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

function invalid(reason: string, cause?: unknown): ProblemError {
  return new ProblemError('model-archive-invalid', `The archive is no exported model. ${reason}`, {}, { cause });
}

function changed(name: string, what: string, cause?: unknown): ProblemError {
  const entry = name.slice(0, 200);
  return new ProblemError('model-archive-changed', `The file ${JSON.stringify(entry)} ${what}.`, { entry }, { cause });
}

/** An entry that cannot be unpacked was changed; anything else that fails is no fault of the archive. */
const unreadable = (name: string) => (error: unknown) => {
  if (error instanceof ProblemError && error.slug === 'image-corrupt') throw changed(name, 'cannot be unpacked', error);
  throw error;
};
