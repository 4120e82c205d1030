import { createHash, createHmac } from 'node:crypto';
import type { DicomGroups } from './reading.js';

const digits = 32;

/**
 * The name of the group of a series, a study or a volume: equal for equal content or UIDs, and of which nobody can tell
 * whose it is.
 */
export function groupDigest(kind: 'series' | 'study' | 'volume', content: string | Uint8Array): string {
  return `${kind}-${createHash('sha256').update(`${kind}\n`).update(content).digest('hex').slice(0, digits)}`;
}

/** The same of what could be found by trying: nobody can without the key. */
export function keyedGroupDigest(kind: 'patient', key: string, content: string): string {
  return `${kind}-${createHmac('sha256', key).update(`${kind}\n`).update(content).digest('hex').slice(0, digits)}`;
}

const dicomKinds = ['series', 'study', 'patient'] as const satisfies readonly DicomGroups['kind'][];

/** What images of DICOM belong together by, where all of these groups are told by it; undefined of others. */
export function dicomGroupsOf(groups: readonly (string | undefined)[]): DicomGroups['kind'] | undefined {
  return dicomKinds.find((kind) => groups.every((group) => group && isDigestOf(kind, group)));
}

const isDigestOf = (kind: string, group: string) => new RegExp(`^${kind}-[0-9a-f]{${digits}}$`).test(group);
