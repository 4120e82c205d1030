import { setImmediate as letOthersRun } from 'node:timers/promises';
import { type Label, ProblemError, type Split } from '@mediclip/contracts';
import { z } from 'zod';
import type { ArchiveFile } from './archive.js';

/** What a file of an archive is to the data set. Masks go with their images and are nothing of their own. */
export type PlacedFile =
  | {
      readonly file: ArchiveFile;
      readonly place: 'image';
      readonly split: Split;
      readonly label: Label;
      readonly mask?: ArchiveFile | undefined;
    }
  | { readonly file: ArchiveFile; readonly place: 'skipped'; readonly reason: string }
  | { readonly file: ArchiveFile; readonly place: 'mask-without-image' };

const imagePath = /^(train|test)\/(normal|abnormal)\/(.+)$/;
const maskPath = /^masks\/(.+)\.png$/i;
const manifests = ['samples/train.json', 'samples/test.json'] as const;
const knownTop = /^(train|test|masks|images|samples)\//;
const notOurs = /(^|\/)(__MACOSX|\.[^/]+|Thumbs\.db)(\/|$)/;
const longestManifestBytes = 16 * 1024 * 1024;
const linesAtOnce = 500;

const sampleSchema = z.looseObject({
  filename: z.string().min(1),
  label: z.union([z.literal(0), z.literal(1), z.literal('normal'), z.literal('abnormal')]),
  clsname: z.string().optional(),
  mask: z.string().min(1).optional(),
});

/**
 * The place of every file, in their order: by the folders `train/normal`, `test/normal`, `test/abnormal` and `masks`, or by the
 * lists `samples/train.json` and `samples/test.json` of the paper's layout. Everything may lie in one folder more. Rejects with
 * `archive-layout-unknown` and `archive-manifest-invalid`.
 */
export async function placeFiles(files: readonly ArchiveFile[]): Promise<PlacedFile[]> {
  const ours = files.filter(({ name }) => !notOurs.test(name));
  const top = commonTop(ours.map(({ name }) => name));
  const byName = new Map(ours.map((file) => [file.name.slice(top.length), file]));
  const lists = manifests.filter((name) => byName.has(name));
  const placed = lists.length > 0 ? await byManifests(byName, lists) : byFolders(byName);
  if (![...placed.values()].some(({ place }) => place === 'image')) throw new ProblemError('archive-layout-unknown');
  const masks = masksOf(placed);
  return files.flatMap((file): PlacedFile[] => {
    const found = placed.get(file);
    if (found) return [found];
    if (masks.has(file) || lists.some((name) => byName.get(name) === file)) return [];
    return [{ file, place: 'skipped', reason: 'The file is in no folder or list of the layout.' }];
  });
}

type Placed = Map<ArchiveFile, PlacedFile>;

function byFolders(byName: ReadonlyMap<string, ArchiveFile>): Placed {
  const placed: Placed = new Map();
  const masks = new Map<string, ArchiveFile>();
  for (const [name, file] of byName) {
    const stem = maskPath.exec(name)?.[1];
    if (stem !== undefined) masks.set(stem, file);
  }
  const used = new Set<ArchiveFile>();
  for (const [name, file] of byName) {
    const match = imagePath.exec(name);
    if (!match) continue;
    const [, split, label, rest] = match as unknown as [string, Split, Label, string];
    const mask = label === 'abnormal' ? masks.get(withoutExtension(rest)) : undefined;
    if (mask) used.add(mask);
    placed.set(file, { file, place: 'image', split, label, mask });
  }
  for (const mask of masks.values()) if (!used.has(mask)) placed.set(mask, { file: mask, place: 'mask-without-image' });
  return placed;
}

async function byManifests(byName: ReadonlyMap<string, ArchiveFile>, lists: readonly string[]): Promise<Placed> {
  const placed: Placed = new Map();
  for (const list of lists) {
    const split = list === 'samples/train.json' ? 'train' : 'test';
    for (const [index, line] of (await textOf(byName.get(list)!)).split('\n').entries()) {
      if (index % linesAtOnce === linesAtOnce - 1) await letOthersRun();
      if (line.trim() === '') continue;
      const { filename, label, mask } = parseSample(line, `line ${index + 1} of ${list}`);
      const at = (name: string) => {
        const file = byName.get(`images/${name}`);
        if (file) return file;
        throw invalid(`Line ${index + 1} of ${list} names ${JSON.stringify(name)}, which is not below images/.`);
      };
      const file = at(filename);
      if (placed.has(file)) throw invalid(`Line ${index + 1} of ${list} names ${JSON.stringify(filename)} again.`);
      placed.set(file, {
        file,
        place: 'image',
        split,
        label: label === 1 || label === 'abnormal' ? 'abnormal' : 'normal',
        mask: mask === undefined ? undefined : at(mask),
      });
    }
  }
  return placed;
}

function parseSample(line: string, where: string): z.infer<typeof sampleSchema> {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch (error) {
    throw invalid(`There is no JSON in ${where}.`, error);
  }
  const sample = sampleSchema.safeParse(found);
  if (sample.success) return sample.data;
  const issue = sample.error.issues[0]!;
  throw invalid(`In ${where}, ${issue.path.join('.') || 'the value'} is wrong: ${issue.message}.`);
}

async function textOf(file: ArchiveFile): Promise<string> {
  if (file.sizeBytes > longestManifestBytes) throw invalid(`The list ${file.name} is too long.`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.open()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function masksOf(placed: Placed): ReadonlySet<ArchiveFile> {
  return new Set([...placed.values()].flatMap((p) => (p.place === 'image' && p.mask ? [p.mask] : [])));
}

/** The one folder that everything lies in, with its slash, when it is none of the layout's own; else nothing. */
function commonTop(names: readonly string[]): string {
  const first = names[0] ?? '';
  const top = first.slice(0, first.indexOf('/') + 1);
  return top !== '' && !knownTop.test(first) && names.every((name) => name.startsWith(top)) ? top : '';
}

function withoutExtension(name: string): string {
  return name.replace(/\.[^./]+$/, '');
}

function invalid(detail: string, cause?: unknown): ProblemError {
  return new ProblemError('archive-manifest-invalid', detail, {}, { cause });
}
