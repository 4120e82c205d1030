import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** The space for young objects after many were made, in bytes: at first, and after a thread has started. */
const program = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { keepYoungSpaceSmall, TaskPool } from '${new URL('../dist/index.js', import.meta.url)}';
  function youngBytes() {
    let kept = [];
    for (let i = 0; i < 2e6; i++) {
      kept.push({ i });
      if (kept.length === 50_000) kept = [];
    }
    return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
  }
  if (process.argv[1] === 'small') keepYoungSpaceSmall();
  const first = youngBytes();
  const entry = new URL('${new URL('../dist/testing/trial-thread.js', import.meta.url)}');
  const pool = new TaskPool({ entry, threads: 1, data: { shared: new Int32Array(new SharedArrayBuffer(4)) }, errors: [] });
  await pool.start();
  console.log(JSON.stringify([first, youngBytes()]));
  await pool.close();
`;
const measured = (how: string): number[] =>
  JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', program, how], { encoding: 'utf8' }));

test('the space for young objects stays small, also when threads have started, where a process asks for it', () => {
  const MiB = 2 ** 20;
  for (const bytes of measured('as it is')) expect(bytes).toBeGreaterThan(8 * MiB);
  for (const bytes of measured('small')) expect(bytes).toBeLessThan(8 * MiB);
});
