import { describe, expect, test } from '@jest/globals';
import { type Comparison, compareWithPydicom } from '../testing/compare-with-pydicom.js';

const isAsked = Boolean(process.env.CI || process.env.MEDICLIP_PYDICOM);
if (!isAsked)
  console.warn('SKIPPED: set MEDICLIP_PYDICOM=1 to decode the test files of pydicom, for which a Python is made.');

/** What is 12 bits and lossy is refused by its name. */
const lossyTwelveBits = 'JPEG Extended (Process 2 and 4)';
const baseline = 'JPEG Baseline (Process 1)';

const compared = isAsked ? await compareWithPydicom() : null;

(compared ? describe : describe.skip)('the test files of pydicom', () => {
  const files = compared ?? [];

  test('are decoded where pydicom decodes them', () => {
    const refused = files.filter(({ pydicomError, error }) => !pydicomError && error);
    expect(refused.filter(({ syntax }) => syntax !== lossyTwelveBits)).toEqual([]);
    expect(new Set(refused.map(({ error }) => error))).toEqual(
      new Set(refused.length > 0 ? ['unsupported-encoding'] : []),
    );
  });

  test('have the same pixels but for rounding, lossy colours but for the arithmetic of their decoders', () => {
    const most = ({ syntax }: Comparison) => (syntax === baseline ? 3 : 1);
    expect(files.filter((file) => (file.difference ?? 0) > most(file))).toEqual([]);
  });

  test('are refused where pydicom refuses them', () => {
    expect(files.filter(({ pydicomError, error }) => pydicomError && !error)).toEqual([]);
  });
});
