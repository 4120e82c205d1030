/** Attributes by tag, as DICOMweb gives them (PS3.18, annex F). */
export type DicomJson = Readonly<Record<string, { readonly vr?: string; readonly Value?: readonly unknown[] }>>;

/** UIDs that an instance is referred to by. */
export interface InstanceUids {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyUid: string;
  readonly seriesUid: string;
}

const tags: Readonly<Record<keyof InstanceUids, string>> = {
  sopClassUid: '00080016',
  sopInstanceUid: '00080018',
  studyUid: '0020000D',
  seriesUid: '0020000E',
};

const uidPattern = /^[0-9]+(\.[0-9]+)*$/;

/** Whether a text is a UID (PS3.5, 9.1). */
export function isUid(text: string): boolean {
  return text.length <= 64 && uidPattern.test(text);
}

/** The attributes of an instance of which nothing but its UIDs is known. */
export function onlyUids(uids: InstanceUids): DicomJson {
  return Object.fromEntries(
    Object.entries(tags).map(([name, tag]) => [tag, { vr: 'UI', Value: [uids[name as keyof InstanceUids]] }]),
  );
}

/** The UIDs of an instance. Throws a RangeError where one is missing or none. */
export function uidsOf(source: DicomJson): InstanceUids {
  const read = (tag: string) => {
    const uid = source[tag]?.Value?.[0];
    if (typeof uid !== 'string' || !isUid(uid)) throw new RangeError(`The instance has no UID in ${tag}.`);
    return uid;
  };
  return {
    sopClassUid: read(tags.sopClassUid),
    sopInstanceUid: read(tags.sopInstanceUid),
    studyUid: read(tags.studyUid),
    seriesUid: read(tags.seriesUid),
  };
}

/** The values of an attribute that are numbers, if there are `count` of them and no others. */
export function numbersOf(source: DicomJson, tag: string, count: number): number[] | undefined {
  const values = (source[tag]?.Value ?? []).map(Number);
  return values.length === count && values.every(Number.isFinite) ? values : undefined;
}

/** The first value of an attribute, if it is a text. */
export function textOf(source: DicomJson, tag: string): string | undefined {
  const value = source[tag]?.Value?.[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Attributes of the Patient and General Study modules (PS3.3, C.7.1.1 and C.7.2.1) that every object of a study
 * repeats.
 */
const ofPatientAndStudy: Readonly<Record<string, string>> = {
  '00080020': 'DA',
  '00080030': 'TM',
  '00080050': 'SH',
  '00080090': 'PN',
  '00081030': 'LO',
  '00100010': 'PN',
  '00100020': 'LO',
  '00100021': 'LO',
  '00100030': 'DA',
  '00100040': 'CS',
  '00101010': 'AS',
  '00200010': 'SH',
};

/** Attributes that an object has to have, be they empty (type 2). */
const obligatory = [
  '00080020',
  '00080030',
  '00080050',
  '00080090',
  '00100010',
  '00100020',
  '00100030',
  '00100040',
  '00200010',
];

/**
 * What an object of the same study says of patient and study: as `source` does, and nothing where `source` says
 * nothing.
 */
export function patientAndStudy(source: DicomJson): Record<string, { vr: string; Value: unknown[] }> {
  const copied: Record<string, { vr: string; Value: unknown[] }> = {};
  for (const [tag, vr] of Object.entries(ofPatientAndStudy)) {
    const Value = [...(source[tag]?.Value ?? [])];
    if (Value.length > 0 || obligatory.includes(tag)) copied[tag] = { vr, Value };
  }
  return copied;
}
