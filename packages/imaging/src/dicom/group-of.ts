import { groupDigest, keyedGroupDigest } from '../image/group-digest.js';
import type { DicomGroups } from '../image/reading.js';
import type { Attributes } from './attributes.js';

const tags = { seriesUid: 'x0020000e', studyUid: 'x0020000d', patientId: 'x00100020', issuer: 'x00100021' } as const;

/** The group of a file's images, and what has to be said of it. */
interface DicomGroup {
  readonly group?: string;
  readonly notes: readonly string[];
}

/**
 * The series, the study or the patient of a file as a digest. Numbers of patients are short and could be found by
 * trying, so theirs is made with a key. A file that does not name what is asked for has its series.
 */
export function groupOf(attributes: Attributes, by: DicomGroups = { kind: 'series' }): DicomGroup {
  const found = named(attributes, by);
  if (found !== undefined) return { group: found, notes: [] };
  if (by.kind === 'series') return { notes: [] };
  return { ...groupOf(attributes), notes: [`the file names no ${by.kind}: its group is its series`] };
}

function named(attributes: Attributes, by: DicomGroups): string | undefined {
  if (by.kind !== 'patient') {
    const uid = attributes.text(by.kind === 'series' ? tags.seriesUid : tags.studyUid);
    return uid ? groupDigest(by.kind, uid) : undefined;
  }
  const id = whole(attributes, tags.patientId);
  return id === '' ? undefined : keyedGroupDigest('patient', by.key, `${whole(attributes, tags.issuer)}\n${id}`);
}

/** The bytes of a value in whatever character set, without the spaces and zeros around it. */
function whole(attributes: Attributes, tag: string): string {
  const bytes = attributes.value(tag) ?? [];
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/^[\0 ]+|[\0 ]+$/g, '');
}
