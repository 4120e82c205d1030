import { spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { newId, type ResultRow } from '@mediclip/store';
import { resultsCsv } from './results-csv.js';

const row = (fileName: string): ResultRow => ({
  imageId: newId(),
  fileName,
  split: 'test',
  label: 'normal',
  outcome: 'scored',
  score: 0.5,
});

describe('the table of results', () => {
  const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', 'a,"b"\r\nc', 'plain.png', 'Schädel 1.png'];
  const rows = names.map(row).with(1, { ...row(names[1]!), kinship: 0, foreign: 'inverted' });
  const verdict = { verdict: 'normal' as const, note: '=HYPERLINK("http://x")', at: '2026-03-14T09:26:53.589Z' };
  const table = () => text(resultsCsv(rows, new Map([[rows[0]!.imageId, verdict]]), ({ score }) => score! > 0.4));

  test('holds nothing that a spreadsheet would compute', async () => {
    const csv = await table();
    expect(csv).toContain(",'=1+1,");
    expect(csv).toContain('"\'=HYPERLINK(""http://x"")"');
    expect(csv).not.toMatch(/(^|,)"?[=+@]/m);
  });

  test('of 20,000 rows is written as it is read, some rows ahead at most', async () => {
    const [one] = rows;
    let made = 0;
    const many = function* () {
      for (; made < 20_000; made++) yield one!;
    };
    let read = 0;
    let ahead = 0;
    for await (const _ of resultsCsv(many(), new Map(), () => undefined)) ahead = Math.max(ahead, made - read++);
    expect([read, made, ahead < 100]).toEqual([20_001, 20_000, true]);
  });

  test("is read by Python's csv module as it was written", async () => {
    const script =
      "import csv, io, json, sys; print(json.dumps(list(csv.DictReader(io.StringIO(sys.stdin.buffer.read().decode(), newline='')))))";
    const { stdout, error } = spawnSync('python3', ['-c', script], { input: await table(), encoding: 'utf8' });
    if (error) {
      process.stdout.write(`skipped: there is no Python to read the table with (${error.message})\n`);
      return;
    }
    const read = JSON.parse(stdout) as Record<string, string>[];
    expect(read.map(({ fileName }) => fileName!.replace(/^'/, ''))).toEqual(names);
    expect(read[0]).toMatchObject({ flagged: 'true', verdict: 'normal', score: '0.5', kinship: '', foreign: '' });
    expect(read[1]).toMatchObject({ kinship: '0', foreign: 'inverted' });
  });
});
