import { deflateRawSync } from 'node:zlib';

/** What a written file should say; everything else has the most common value. */
export interface DicomFileOptions {
  readonly rows: number;
  readonly columns: number;
  /** Bytes of all frames, or one compressed stream per fragment. */
  readonly pixelData: Uint8Array | readonly Uint8Array[];
  readonly transferSyntax?: string;
  readonly photometric?: string;
  readonly samplesPerPixel?: number;
  readonly planar?: boolean;
  readonly bitsAllocated?: number;
  readonly bitsStored?: number;
  readonly highBit?: number;
  readonly signed?: boolean;
  readonly frames?: number;
  /** Value representation of uncompressed pixels; by default that of their depth. */
  readonly pixelRepresentation?: 'OB' | 'OW';
  /** Offsets of the frames' first fragments, for the offset table; by default it is empty. */
  readonly offsets?: readonly number[];
  /** What stands before the data set: by default all of preamble, prefix and meta information. */
  readonly header?: 'preamble' | 'prefix' | 'meta' | 'none';
  /** Representations in the data set are left out although the transfer syntax has them. */
  readonly isImplicit?: boolean;
  /** Further elements by tag, `ggggeeee`. */
  readonly elements?: Readonly<Record<string, DicomElement>>;
}

export type DicomElement =
  | { readonly vr: 'US' | 'SS' | 'UL'; readonly values: readonly number[] }
  | { readonly vr: 'CS' | 'DS' | 'IS' | 'LO' | 'PN' | 'UI' | 'DA'; readonly text: string }
  | { readonly vr: 'OB' | 'OV' | 'OW' | 'UN'; readonly bytes: Uint8Array }
  | { readonly vr: 'SQ'; readonly items: readonly Readonly<Record<string, DicomElement>>[] };

const implicit = '1.2.840.10008.1.2';
const explicitBigEndian = '1.2.840.10008.1.2.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
const deflated = '1.2.840.10008.1.2.1.99';
const longVrs = ['OB', 'OV', 'OW', 'SQ', 'UN'];

/** Writes a DICOM file (PS3.10) in any transfer syntax. */
export function dicomFile(options: DicomFileOptions): Buffer {
  const { rows, columns, pixelData, transferSyntax = explicitLittleEndian, samplesPerPixel = 1, frames = 1 } = options;
  const bitsAllocated = options.bitsAllocated ?? 8;
  const bitsStored = options.bitsStored ?? bitsAllocated;
  const isExplicit = transferSyntax !== implicit && !options.isImplicit;
  const writer = new ElementWriter(isExplicit, transferSyntax === explicitBigEndian);
  const elements: Record<string, DicomElement> = {
    '00080060': { vr: 'CS', text: 'CT' },
    '00280002': { vr: 'US', values: [samplesPerPixel] },
    '00280004': { vr: 'CS', text: options.photometric ?? (samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2') },
    '00280006': { vr: 'US', values: [options.planar ? 1 : 0] },
    '00280008': { vr: 'IS', text: String(frames) },
    '00280010': { vr: 'US', values: [rows] },
    '00280011': { vr: 'US', values: [columns] },
    '00280100': { vr: 'US', values: [bitsAllocated] },
    '00280101': { vr: 'US', values: [bitsStored] },
    '00280102': { vr: 'US', values: [options.highBit ?? bitsStored - 1] },
    '00280103': { vr: 'US', values: [options.signed ? 1 : 0] },
    ...options.elements,
  };
  const meta = new ElementWriter(true, false).write({ '00020010': { vr: 'UI', text: transferSyntax } });
  const representation = options.pixelRepresentation ?? (bitsAllocated > 8 ? 'OW' : 'OB');
  const pixels =
    pixelData instanceof Uint8Array
      ? writer.write({ '7fe00010': { vr: representation, bytes: pixelData } })
      : encapsulated(pixelData, options.offsets ?? [], isExplicit);
  const dataSet = Buffer.concat([writer.write(elements), pixels]);
  return Buffer.concat([
    ...headerOf(options.header ?? 'preamble', meta),
    transferSyntax === deflated ? deflateRawSync(dataSet) : dataSet,
  ]);
}

function headerOf(header: NonNullable<DicomFileOptions['header']>, meta: Buffer): Buffer[] {
  switch (header) {
    case 'preamble':
      return [Buffer.alloc(128), Buffer.from('DICM'), meta];
    case 'prefix':
      return [Buffer.from('DICM'), meta];
    case 'meta':
      return [meta];
    case 'none':
      return [];
  }
}

class ElementWriter {
  readonly #explicit: boolean;
  readonly #bigEndian: boolean;

  constructor(explicit: boolean, bigEndian: boolean) {
    this.#explicit = explicit;
    this.#bigEndian = bigEndian;
  }

  write(elements: Readonly<Record<string, DicomElement>>): Buffer {
    const tags = Object.keys(elements).sort();
    return Buffer.concat(tags.map((tag) => this.#element(tag, elements[tag]!)));
  }

  #element(tag: string, element: DicomElement): Buffer {
    const value = this.#value(element);
    const name = [this.#uint16(Number.parseInt(tag.slice(0, 4), 16)), this.#uint16(Number.parseInt(tag.slice(4), 16))];
    if (!this.#explicit) return Buffer.concat([...name, this.#uint32(value.length), value]);
    const vr = Buffer.from(element.vr);
    const length = longVrs.includes(element.vr)
      ? [this.#uint16(0), this.#uint32(value.length)]
      : [this.#uint16(value.length)];
    return Buffer.concat([...name, vr, ...length, value]);
  }

  #value(element: DicomElement): Buffer {
    if ('text' in element) return padded(Buffer.from(element.text), element.vr === 'UI' ? 0 : 0x20);
    if ('bytes' in element) return padded(Buffer.from(element.bytes), 0);
    if ('values' in element) {
      return Buffer.concat(
        element.values.map((value) => (element.vr === 'UL' ? this.#uint32(value) : this.#uint16(value & 0xffff))),
      );
    }
    return Buffer.concat(
      element.items.map((item) => {
        const content = this.write(item);
        return Buffer.concat([this.#uint16(0xfffe), this.#uint16(0xe000), this.#uint32(content.length), content]);
      }),
    );
  }

  #uint16(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    this.#bigEndian ? bytes.writeUInt16BE(value) : bytes.writeUInt16LE(value);
    return bytes;
  }

  #uint32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    this.#bigEndian ? bytes.writeUInt32BE(value) : bytes.writeUInt32LE(value);
    return bytes;
  }
}

/** Pixel data of undefined length: the offset table, then the fragments (PS3.5, A.4). */
function encapsulated(fragments: readonly Uint8Array[], offsets: readonly number[], isExplicit: boolean): Buffer {
  const item = (bytes: Uint8Array) => {
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    const content = padded(Buffer.from(bytes), 0);
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content]);
  };
  return Buffer.concat([
    Buffer.from([0xe0, 0x7f, 0x10, 0x00]),
    Buffer.from(isExplicit ? [0x4f, 0x42, 0, 0] : []),
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    item(new Uint8Array(Uint32Array.from(offsets).buffer)),
    ...fragments.map(item),
    Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
  ]);
}

function padded(bytes: Buffer, filler: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([filler])]);
}
