import { expect, test } from '@jest/globals';
import type { AuditedImage, AuditFindings, AuditWarning } from '@mediclip/contracts';
import { withNormals } from './with-normals.js';

const looked = ['a', 'b', 'c', 'd'].map(
  (imageId): AuditedImage => ({ imageId, fileName: `${imageId}.png`, split: 'train', label: 'normal' }),
);
const warning = (kind: AuditWarning['kind']) => ({ kind, sentence: kind });
const findings: AuditFindings = {
  warnings: [warning('shortcut'), warning('copies')],
  copies: { images: 0, testInTraining: 0, groupCount: 0, groups: [] },
  cues: [],
};
const calm = { looked, outliers: [], isMixed: false, advice: 'Enough.' };

test('normals that belong add no warning, and the advice', () => {
  expect(withNormals(findings, { ...calm, gainOfMore: 0.02 }, 9)).toEqual({
    ...findings,
    normals: { available: 9, inspected: 4, outliers: [], isMixed: false, gainOfMore: 0.02, advice: 'Enough.' },
  });
});

test('those that do not are named, and warned of before mere copies, without their names', () => {
  const outliers = [
    { index: 1, kind: 'other-kind' as const },
    { index: 3, kind: 'inverted' as const },
  ];
  const { warnings, normals } = withNormals(findings, { ...calm, outliers }, 4);
  expect(normals?.outliers).toEqual([
    { ...looked[1], kind: 'other-kind' },
    { ...looked[3], kind: 'inverted' },
  ]);
  expect(warnings.map(({ kind }) => kind)).toEqual(['shortcut', 'outliers', 'inverted', 'copies']);
  expect(warnings[1]?.sentence).toMatch(/^1 of 4 normal training images differs .*: look at it, and remove it if/);
  expect(warnings[2]?.sentence).toMatch(/^1 of 4 normal training images looks like a negative/);
  const mixed = withNormals(
    findings,
    { ...calm, outliers: [0, 1].map((index) => ({ index, kind: 'other-kind' })), isMixed: true },
    4,
  );
  expect(mixed.warnings[1]).toMatchObject({ kind: 'mixture', sentence: expect.stringContaining('2 of 4') });
  expect(mixed.warnings.map(({ kind }) => kind)).not.toContain('outliers');
});
