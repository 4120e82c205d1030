/** A value of an element: a text, 16-bit numbers, bytes, or the items of a sequence. */
type Value = string | readonly number[] | Uint8Array | readonly Elements[];

/** Elements by tag (`ggggeeee`) and value representation. */
type Elements = Readonly<Record<string, readonly [vr: string, value: Value]>>;

const ctImage = '1.2.840.10008.5.1.4.1.1.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
const longRepresentations = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);

/** UIDs of slice `number` of a study. */
export function sliceUids(study: number, number: number) {
  const studyUid = `1.2.826.0.1.3680043.8.498.${study}`;
  return { sopClassUid: ctImage, studyUid, seriesUid: `${studyUid}.1`, sopInstanceUid: `${studyUid}.1.${number}` };
}

/**
 * A CT slice (PS3.10) of 64 x 64 pixels as a scanner writes it, all modules there, with a bright square at its own
 * place.
 */
export function ctSlice(study: number, number: number, more: Elements = {}): Buffer {
  const { studyUid, seriesUid, sopInstanceUid } = sliceUids(study, number);
  const side = 64;
  const pixels = Uint16Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    const isBright = x >= 20 + number && x < 30 + number && y >= 20 && y < 30;
    return isBright ? 3000 : 900 + ((x * 7 + y * 13 + number * 31) % 200);
  });
  const meta = elements({
    '00020001': ['OB', new Uint8Array([0, 1])],
    '00020002': ['UI', ctImage],
    '00020003': ['UI', sopInstanceUid],
    '00020010': ['UI', explicitLittleEndian],
    '00020012': ['UI', '2.25.1'],
    ...Object.fromEntries(Object.entries(more).filter(([tag]) => tag.startsWith('0002'))),
  });
  const dataSet = elements({
    '00080008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    '00080016': ['UI', ctImage],
    '00080018': ['UI', sopInstanceUid],
    '00080020': ['DA', '20240131'],
    '00080030': ['TM', '081500'],
    '00080050': ['SH', 'A-17'],
    '00080060': ['CS', 'CT'],
    '00080070': ['LO', 'Scanner works'],
    '00080090': ['PN', 'Referring^Anna'],
    '00100010': ['PN', 'Mustermann^Erika'],
    '00100020': ['LO', '4711'],
    '00100030': ['DA', '19600229'],
    '00100040': ['CS', 'F'],
    '00180050': ['DS', '5'],
    '00180060': ['DS', '120'],
    '0020000d': ['UI', studyUid],
    '0020000e': ['UI', seriesUid],
    '00200010': ['SH', 'S1'],
    '00200011': ['IS', '1'],
    '00200012': ['IS', '1'],
    '00200013': ['IS', String(number)],
    '00200032': ['DS', `-120\\-120\\${number * 5}`],
    '00200037': ['DS', '1\\0\\0\\0\\1\\0'],
    '00200052': ['UI', `${studyUid}.9`],
    '00201040': ['LO', ''],
    '00280002': ['US', [1]],
    '00280004': ['CS', 'MONOCHROME2'],
    '00280010': ['US', [side]],
    '00280011': ['US', [side]],
    '00280030': ['DS', '0.5\\0.5'],
    '00280100': ['US', [16]],
    '00280101': ['US', [12]],
    '00280102': ['US', [11]],
    '00280103': ['US', [0]],
    '00281052': ['DS', '-1024'],
    '00281053': ['DS', '1'],
    '00280301': ['CS', 'NO'],
    ...Object.fromEntries(Object.entries(more).filter(([tag]) => !tag.startsWith('0002'))),
    '7fe00010': ['OW', new Uint8Array(pixels.buffer)],
  });
  const length = elements({ '00020000': ['UL', new Uint8Array(new Uint32Array([meta.length]).buffer)] });
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, dataSet]);
}

function elements(of: Elements): Buffer {
  return Buffer.concat(
    Object.entries(of)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([tag, [vr, value]]) => element(tag, vr, value)),
  );
}

function element(tag: string, vr: string, value: Value): Buffer {
  const bytes = bytesOf(vr, value);
  const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  const isLong = longRepresentations.has(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0);
  head.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  head.write(vr, 4, 'latin1');
  if (isLong) head.writeUInt32LE(padded.length, 8);
  else head.writeUInt16LE(padded.length, 6);
  return Buffer.concat([head, padded]);
}

function bytesOf(vr: string, value: Value): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (vr === 'SQ') return Buffer.concat((value as readonly Elements[]).map(item));
  return Buffer.from(Uint16Array.from(value as readonly number[]).buffer);
}

function item(of: Elements): Buffer {
  const content = elements(of);
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}
