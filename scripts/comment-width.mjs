/**
 * Names the lines of comments that are longer than 120 columns: the formatter keeps code within that, and leaves
 * comments alone.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const widest = 120;

const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs', '*.cjs'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '');
const tooLong = files.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, i) => (line.length > widest && /^\s*(\/\/|\/\*|\*)/.test(line) ? [`${file}:${i + 1}`] : [])),
);
if (tooLong.length > 0) {
  console.error(`Comments are at most ${widest} columns wide. Longer ones:\n${tooLong.join('\n')}`);
  process.exitCode = 1;
}
