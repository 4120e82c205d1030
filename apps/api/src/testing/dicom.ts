const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** What a file says that it is. */
export interface FileIdentity {
  readonly sopClassUid?: string;
  readonly sopInstanceUid?: string;
  readonly studyUid?: string;
  readonly seriesUid?: string;
  readonly manufacturer?: string;
  readonly seriesDescription?: string;
}

/** A DICOM file (PS3.10) of 8-bit grey frames, with a patient's name in it. */
export function dicom(width: number, height: number, frames: readonly Uint8Array[], is: FileIdentity = {}): Buffer {
  return file(width, height, frames, { bits: 8, is });
}

/** A CT of 12-bit frames, each stored number 1,024 above its value, with a window of centre 128 and width 256. */
export function ctDicom(width: number, height: number, frames: readonly Uint16Array[]): Buffer {
  const bytes = frames.map(({ buffer }) => new Uint8Array(buffer));
  return file(width, height, bytes, { bits: 12 });
}

function file(
  width: number,
  height: number,
  frames: readonly Uint8Array[],
  { bits, is = {} }: { readonly bits: 8 | 12; readonly is?: FileIdentity },
): Buffer {
  const pixels = Buffer.concat(frames);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    text(0x0002, 0x0010, 'UI', explicitLittleEndian),
    optional(0x0008, 0x0016, 'UI', is.sopClassUid),
    optional(0x0008, 0x0018, 'UI', is.sopInstanceUid),
    text(0x0008, 0x0060, 'CS', 'CT'),
    optional(0x0008, 0x0070, 'LO', is.manufacturer),
    optional(0x0008, 0x103e, 'LO', is.seriesDescription),
    text(0x0010, 0x0010, 'PN', 'Mustermann^Erika'),
    optional(0x0020, 0x000d, 'UI', is.studyUid),
    optional(0x0020, 0x000e, 'UI', is.seriesUid),
    short(0x0028, 0x0002, 1),
    text(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    text(0x0028, 0x0008, 'IS', String(frames.length)),
    short(0x0028, 0x0010, height),
    short(0x0028, 0x0011, width),
    short(0x0028, 0x0100, bits === 8 ? 8 : 16),
    short(0x0028, 0x0101, bits),
    short(0x0028, 0x0102, bits - 1),
    short(0x0028, 0x0103, 0),
    text(0x0028, 0x1050, 'DS', '128'),
    text(0x0028, 0x1051, 'DS', '256'),
    ...(bits === 12 ? [text(0x0028, 0x1052, 'DS', '-1024'), text(0x0028, 0x1053, 'DS', '1')] : []),
    pixelData(pixels, bits === 8 ? 'OB' : 'OW'),
  ]);
}

function head(group: number, element: number, vr: string): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16LE(group, 0);
  bytes.writeUInt16LE(element, 2);
  bytes.write(vr, 4, 'latin1');
  return bytes;
}

function text(group: number, element: number, vr: string, value: string): Buffer {
  const padded = value.length % 2 === 0 ? value : value + (vr === 'UI' ? '\0' : ' ');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([head(group, element, vr), length, Buffer.from(padded, 'latin1')]);
}

function optional(group: number, element: number, vr: string, value: string | undefined): Buffer {
  return value === undefined ? Buffer.alloc(0) : text(group, element, vr, value);
}

function short(group: number, element: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(2, 0);
  bytes.writeUInt16LE(value, 2);
  return Buffer.concat([head(group, element, 'US'), bytes]);
}

function pixelData(pixels: Buffer, representation: 'OB' | 'OW'): Buffer {
  const length = Buffer.alloc(6);
  length.writeUInt32LE(pixels.length, 2);
  return Buffer.concat([head(0x7fe0, 0x0010, representation), length, pixels]);
}
