import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { ctSlice } from '@mediclip/testing';
import { openImage } from '../decode/open-image.js';
import { dicomGroupsOf } from '../image/group-digest.js';
import type { DicomGroups } from '../image/reading.js';

async function grouped(file: Uint8Array, dicomGroups?: DicomGroups) {
  const { group, notes } = await (await openImage(file, {}, { dicomGroups })).read(0);
  return { group, notes: notes.filter((note) => note.includes('group')) };
}

test('DICOM images belong together by series, study or patient', async () => {
  const slice = (study: number, series: string) => ctSlice(study, 1, { '0020000e': ['UI', `1.2.${study}.${series}`] });
  const [first, second, otherStudy] = [slice(1, '1'), slice(1, '2'), slice(2, '1')];
  const groupsBy = async (by?: DicomGroups) =>
    Promise.all([first, second, otherStudy].map(async (file) => (await grouped(file, by)).group));
  expect(await groupsBy()).toEqual(await groupsBy({ kind: 'series' }));
  expect(new Set(await groupsBy()).size).toBe(3);
  const [a, b, c] = await groupsBy({ kind: 'study' });
  expect([a, b === a, c === a]).toEqual([expect.stringMatching(/^study-[0-9a-f]{32}$/), true, false]);
  const patients = await groupsBy({ kind: 'patient', key: 'k' });
  expect(new Set(patients)).toEqual(new Set([expect.stringMatching(/^patient-[0-9a-f]{32}$/)]));
});

test('what all groups are told by is known of their names', async () => {
  const groups = [{ kind: 'series' }, { kind: 'study' }, { kind: 'patient', key: 'k' }] as const;
  for (const by of groups) {
    const { group } = await grouped(ctSlice(1, 1), by);
    expect(dicomGroupsOf([group, group])).toBe(by.kind);
    for (const other of ['patient-17', undefined]) expect(dicomGroupsOf([group, other])).toBeUndefined();
  }
});

test('a patient is told by a digest that nobody without the key can find by trying numbers', async () => {
  const by = (key: string): DicomGroups => ({ kind: 'patient', key });
  const { group } = await grouped(ctSlice(1, 1), by('one key'));
  expect((await grouped(ctSlice(1, 1), by('another'))).group).not.toBe(group);
  for (const guess of ['4711', '\n4711', 'patient\n4711', 'patient\n\n4711']) {
    expect(group).not.toContain(createHash('sha256').update(guess).digest('hex').slice(0, 32));
  }
  const elsewhere = ctSlice(1, 1, { '00100021': ['LO', 'Another hospital'] });
  expect((await grouped(elsewhere, by('one key'))).group).not.toBe(group);
});

test('a file that names no patient has its series, and says so', async () => {
  const nameless = ctSlice(1, 1, { '00100020': ['LO', ''] });
  const found = await grouped(nameless, { kind: 'patient', key: 'k' });
  expect(found.group).toBe((await grouped(nameless)).group);
  expect(found.notes).toEqual(['the file names no patient: its group is its series']);
});
