/**
 * Prints, as a table in Markdown, how this product decodes the test files that come with pydicom, beside pydicom
 * itself.
 */
import { compareWithPydicom } from '../packages/imaging/dist/testing/compare-with-pydicom.js';

const compared = await compareWithPydicom();
if (!compared) process.exit(1);

const outcome = ({ pydicomError, error, difference }) => {
  if (error) return `\`${error}\`${pydicomError ? ', and pydicom refuses it too' : ''}`;
  if (pydicomError) return `read; pydicom raises ${pydicomError}`;
  return difference === 0
    ? 'the same'
    : difference <= 1
      ? 'the same but for rounding'
      : `up to ${difference} of 255 apart`;
};

const withPixels = compared.filter(({ kind }) => kind !== '');
const counts = new Map();
for (const file of withPixels) {
  const name = [file.syntax, file.kind, outcome(file)].join(' | ');
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
console.log('| transfer syntax | kind | beside pydicom | files |');
console.log('|---|---|---|---:|');
for (const [name, count] of [...counts].sort()) console.log(`| ${name} | ${count} |`);

const others = compared.filter(({ kind }) => kind === '');
const codes = [...new Set(others.map(outcome))].sort();
console.log(`\n${others.length} further files hold no image that pydicom could describe: ${codes.join('; ')}.`);
