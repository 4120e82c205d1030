import { expect, test } from '@jest/globals';
import { readable, readingKindsOf } from './reading.js';

const kinds = async (...files: readonly [name: string, content?: string][]) => [
  ...(await readingKindsOf(files.map(([name, content = '']) => readable(new File([content], name))))),
];

test('files that can be read in more than one way are told by their names, and DICOM without one by its content', async () => {
  const slice = `${'\0'.repeat(128)}DICM`;
  expect(await kinds(['a.png'], ['b.tiff'], ['notes'])).toEqual([]);
  expect(await kinds(['a.png'], ['brain.NII.gz'])).toEqual(['nifti']);
  expect(await kinds(['brain.nii'], ['a.dcm'])).toEqual(['nifti', 'dicom']);
  expect(await kinds(['notes', 'no picture'], ['IM0001', slice])).toEqual(['dicom']);
  expect(await kinds(['1.2.840.113619.2.55', slice])).toEqual(['dicom']);
  expect(await kinds(['a.png', slice])).toEqual([]);
});
