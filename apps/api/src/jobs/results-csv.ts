import { Readable } from 'node:stream';
import type { GroupScoreAnswer, Verdict } from '@mediclip/contracts';
import type { ResultRow } from '@mediclip/store';

const columns = [
  'imageId',
  'fileName',
  'frame',
  'split',
  'label',
  'group',
  'outcome',
  'score',
  'decision',
  'pValue',
  'flagged',
  'verdict',
  'note',
  'kinship',
  'foreign',
] as const;

const groupColumns = ['group', 'images', 'label', 'score', 'decision', 'pValue', 'highestImages'] as const;

/** Groups as CSV, as `resultsCsv` writes images; the highest images are ids with spaces between. */
export function groupsCsv(groups: Iterable<GroupScoreAnswer>): Readable {
  const lines = function* () {
    yield line(groupColumns);
    for (const group of groups) {
      const cells = { ...group, highestImages: group.highestImages.map(({ imageId }) => imageId).join(' ') };
      yield line(groupColumns.map((column) => cells[column]));
    }
  };
  return Readable.from(lines());
}

/** What spreadsheets take for the beginning of a formula. */
const formula = /^[=+\-@\t\r]/;
const needsQuotes = /[",\r\n]/;

/**
 * The results as CSV (RFC 4180) with a line of names, written row by row. A text that a spreadsheet would compute gets
 * a `'` before it.
 */
export function resultsCsv(
  rows: Iterable<ResultRow>,
  verdicts: ReadonlyMap<string, Verdict>,
  isFlagged: (row: ResultRow) => boolean | undefined,
): Readable {
  const lines = function* () {
    yield line(columns);
    for (const row of rows) {
      const verdict = verdicts.get(row.imageId);
      const cells = { ...row, flagged: isFlagged(row), verdict: verdict?.verdict, note: verdict?.note };
      yield line(columns.map((column) => cells[column]));
    }
  };
  return Readable.from(lines());
}

function line(cells: readonly (string | number | boolean | undefined)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string | number | boolean | undefined): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const harmless = formula.test(value) ? `'${value}` : value;
  return needsQuotes.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
