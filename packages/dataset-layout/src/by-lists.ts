import type { Split } from '@mediclip/contracts';
import type { Entry } from './entry.js';
import type { MissingFile, PlacedEntry } from './layout.js';
import { LayoutError } from './layout-error.js';
import { linesOf } from './lines.js';
import { segmentsOf, splitOf, withoutExtension } from './names.js';
import { parseSample, type Sample } from './sample.js';

/** A sample list. */
export interface SampleList {
  readonly entry: Entry;
  /** As messages call it. */
  readonly name: string;
  content(): AsyncIterable<Uint8Array>;
}

/** A listed image, before it is known whether its mask is there. */
interface Row {
  readonly entry: Entry;
  readonly split: Split;
  readonly sample: Sample;
  readonly mask?: Entry | undefined;
  readonly problem?: string | undefined;
}

const listBytes = 16 * 1024 * 1024;
const lineLength = 64 * 1024;
const mostMissing = 1000;

const unlisted = 'No sample list names it.';
const abnormalTraining = 'A list of training images calls it abnormal, and training takes normal images only.';
const maskOfNormal = 'It is the mask of a normal image, which has nothing to mark.';

/**
 * Images as the paper's sample lists name them, relative to `images/`. A file that is not there costs only its line.
 * Rejects with a LayoutError for a line that is no sample, that leads out of `images/` or contradicts another, for
 * lists that are too long, and for lists of which nothing is there.
 */
export async function placeByLists(
  entries: readonly Entry[],
  lists: readonly SampleList[],
): Promise<{ readonly placed: Map<Entry, PlacedEntry>; readonly missing: MissingFile[] }> {
  const find = finder(entries);
  const rows = new Map<Entry, Row>();
  const missing: MissingFile[] = [];
  let firstMissing: LayoutError | undefined;
  for (const list of lists) {
    const split = splitOf(withoutExtension(list.entry.segments.at(-1) ?? '')) ?? 'test';
    for await (const { number, text } of linesOf(list.content(), limitsOf(list))) {
      const place = `Line ${number} of ${list.name}`;
      const sample = sampleAt(text, list, number);
      const at = (name: string) => find(name, () => outside(name, list, number));
      const entry = at(sample.filename);
      const maskEntry = sample.mask === undefined ? undefined : at(sample.mask);
      if (!entry) {
        const reason = `${place} names ${quoted(sample.filename)}, which is not below images/.`;
        firstMissing ??= new LayoutError('files-missing', reason, {
          ...placeOf(list, number),
          fileName: sample.filename,
        });
        missing.push({ fileName: sample.filename, reason });
        if (missing.length > mostMissing) {
          throw new LayoutError('files-missing', `The lists name more than ${mostMissing} files that are not there.`, {
            ...placeOf(list, number),
            fileName: sample.filename,
          });
        }
        continue;
      }
      const problem =
        sample.mask !== undefined && !maskEntry && sample.label === 'abnormal'
          ? `${place} names its mask ${quoted(sample.mask)}, which is not below images/.`
          : undefined;
      const row: Row = { entry, split, sample, mask: maskEntry, problem };
      const before = rows.get(entry);
      if (before && !isSame(before, row)) throw contradiction(sample.filename, list, number);
      rows.set(entry, row);
    }
  }
  if (rows.size === 0 && firstMissing) throw firstMissing;
  return { placed: placeRows(entries, rows), missing };
}

function placeRows(entries: readonly Entry[], rows: ReadonlyMap<Entry, Row>): Map<Entry, PlacedEntry> {
  const placed = new Map<Entry, PlacedEntry>();
  const maskOf = new Map<Entry, number[]>();
  for (const { entry, split, sample, mask, problem } of rows.values()) {
    if (entry.sideReason !== undefined) continue;
    const { label, className, group } = sample;
    const marks = label === 'abnormal' && split === 'test' ? mask : undefined;
    if (split === 'train' && label === 'abnormal') placed.set(entry, { role: 'ignored', reason: abnormalTraining });
    else if (problem !== undefined)
      placed.set(entry, { role: 'refused', fault: 'listed-file-missing', reason: problem });
    else placed.set(entry, { role: 'image', split, label, mask: marks?.index, className, group });
    if (mask === undefined) continue;
    const images = maskOf.get(mask) ?? [];
    if (marks) images.push(entry.index);
    maskOf.set(mask, images);
  }
  for (const [mask, images] of maskOf) {
    if (placed.has(mask)) continue;
    placed.set(mask, images.length > 0 ? { role: 'mask', images } : { role: 'ignored', reason: maskOfNormal });
  }
  for (const entry of entries) {
    if (!placed.has(entry) && entry.sideReason === undefined) placed.set(entry, { role: 'ignored', reason: unlisted });
  }
  return placed;
}

/**
 * Finds what a list names: below `images/`, or below the folder of the lists; as it is spelt, decoded, or in other
 * letters' case.
 */
function finder(entries: readonly Entry[]): (name: string, outside: () => LayoutError) => Entry | undefined {
  const exact = new Map<string, Entry>();
  const folded = new Map<string, Entry | 'several'>();
  for (const entry of entries) {
    if (!exact.has(entry.path)) exact.set(entry.path, entry);
    const key = entry.path.toLowerCase();
    folded.set(key, folded.has(key) ? 'several' : entry);
  }
  const look = (path: string): Entry | undefined => {
    const likely = exact.get(path) ?? folded.get(path.toLowerCase());
    return likely === 'several' ? undefined : likely;
  };
  return (name, outside) => {
    for (const spelling of spellings(name)) {
      const path = resolved(spelling);
      if (path === undefined) throw outside();
      const found = look(`images/${path}`) ?? look(path);
      if (found) return found;
    }
    return undefined;
  };
}

/** The name, and what it is when its percent signs encode. */
function spellings(name: string): string[] {
  if (!name.includes('%')) return [name];
  try {
    return [name, decodeURIComponent(name)];
  } catch {
    return [name];
  }
}

/** The path without `..`; undefined when it climbs out. */
function resolved(name: string): string | undefined {
  const path: string[] = [];
  for (const segment of segmentsOf(name)) {
    if (segment !== '..') path.push(segment);
    else if (path.pop() === undefined) return undefined;
  }
  return path.join('/');
}

function isSame(before: Row, { split, sample, mask }: Row): boolean {
  return before.split === split && before.sample.label === sample.label && before.mask === mask;
}

function sampleAt(text: string, list: SampleList, line: number): Sample {
  try {
    return parseSample(text);
  } catch (error) {
    const { message } = error as Error;
    throw new LayoutError(
      'line-invalid',
      `Line ${line} of ${list.name} is no sample: ${message}.`,
      placeOf(list, line),
      {
        cause: error,
      },
    );
  }
}

function limitsOf(list: SampleList) {
  const tooLong = (what: 'list' | 'line', line: number) =>
    new LayoutError(
      'line-invalid',
      what === 'line'
        ? `Line ${line} of ${list.name} is longer than ${lineLength} characters.`
        : `${list.name} is longer than ${listBytes} bytes.`,
      placeOf(list, line),
    );
  return { listBytes, lineLength, tooLong };
}

function outside(name: string, list: SampleList, line: number): LayoutError {
  const message = `Line ${line} of ${list.name} names ${quoted(name)}, which lies outside images/.`;
  return new LayoutError('path-outside', message, { ...placeOf(list, line), fileName: name });
}

function contradiction(name: string, list: SampleList, line: number): LayoutError {
  const message = `Line ${line} of ${list.name} names ${quoted(name)} again, with another split, label or mask.`;
  return new LayoutError('line-invalid', message, { ...placeOf(list, line), fileName: name });
}

function placeOf({ name }: SampleList, line: number): { readonly list: string; readonly line: number } {
  return { list: name, line };
}

const quoted = (name: string): string => JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
