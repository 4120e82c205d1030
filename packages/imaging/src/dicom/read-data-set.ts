import { constants, inflateRawSync } from 'node:zlib';
import dicomParser, { type Element } from 'dicom-parser';
import { corruptImage, ImageError } from '../image/image-error.js';
import { Attributes } from './attributes.js';
import { isRepresentation, readFileMeta } from './part10.js';

/** The pixel data of a file as an element: where its bytes lie. */
export interface PixelElement {
  /** The bytes of the data set, of which the element is a part. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** In bytes; undefined where the pixels are encapsulated (PS3.5, A.4). */
  readonly length: number | undefined;
  /** Value representation; undefined where it is implicit. */
  readonly representation: string | undefined;
  readonly littleEndian: boolean;
}

/** What is read of a file: the attributes that decoding needs, and where the pixels are. */
export interface DicomDataSet {
  /** As the file says, or what its encoding amounts to where it says nothing. */
  readonly transferSyntax: string;
  readonly attributes: Attributes;
  /** Undefined where the file ends before any. */
  readonly pixels: PixelElement | undefined;
}

interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

interface Header {
  readonly tag: number;
  readonly representation: string | undefined;
  readonly valueOffset: number;
  readonly length: number;
}

const implicitLittleEndian = '1.2.840.10008.1.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
const deflatedLittleEndian = '1.2.840.10008.1.2.1.99';
const explicitBigEndian = '1.2.840.10008.1.2.2';

const pixelDataTag = 0x7fe00010;
const undefinedLength = 0xffffffff;
/** Groups of attributes that are read; sequences among them, and all others, are skipped unread. */
const wantedGroups = [0x0008, 0x0018, 0x0020, 0x0028, 0x2050, 0x5200, 0x7fe0];
/** Patient ID and its issuer, which groups of images are told by; of a person nothing else is read. */
const patientElements = [0x00100020, 0x00100021];
/** Rows of an overlay plane, in any of its groups: that there is one. */
const isOverlayRows = (tag: number) => tag >>> 24 === 0x60 && (tag & 0xffff) === 0x0010;
/** Modality LUT, VOI LUT, shared and per-frame functional groups. */
const wantedSequences = [0x00283000, 0x00283010, 0x52009229, 0x52009230];
/** Representations with a length of 32 bits (PS3.5, 7.1.2). */
const longRepresentations = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'];

/**
 * Reads a file up to its pixels. Whether value representations are explicit is told by the first element, for some
 * files do not keep what their transfer syntax says. Sequences are left to dicom-parser, whose messages are not passed
 * on: they may quote values. Throws `corrupt-image` and, for a deflated file that grows beyond `maximumBytes`,
 * `too-many-bytes`.
 */
export function readDataSet(file: Uint8Array, maximumBytes: number): DicomDataSet {
  const meta = readFileMeta(file);
  const isDeflated = meta.transferSyntax === deflatedLittleEndian;
  const bytes = isDeflated ? inflate(file.subarray(meta.dataSetOffset), maximumBytes) : file;
  const offset = isDeflated ? 0 : meta.dataSetOffset;
  const encoding = encodingAt(bytes, offset, meta.transferSyntax);
  const { elements, pixels } = readElements(bytes, offset, encoding);
  const attributes = new Attributes(bytes, elements, encoding.littleEndian);
  return { transferSyntax: meta.transferSyntax ?? syntaxOf(encoding), attributes, pixels };
}

function encodingAt(bytes: Uint8Array, offset: number, transferSyntax: string | undefined): Encoding {
  // Without a transfer syntax: the groups that begin a data set are small, so that their first byte tells the order.
  const looksBigEndian = bytes[offset] === 0 && bytes[offset + 1] !== 0;
  const isBigEndian = transferSyntax === undefined ? looksBigEndian : transferSyntax === explicitBigEndian;
  return { explicit: isRepresentation(bytes, offset + 4), littleEndian: !isBigEndian };
}

function syntaxOf({ explicit, littleEndian }: Encoding): string {
  if (!littleEndian) return explicitBigEndian;
  return explicit ? explicitLittleEndian : implicitLittleEndian;
}

function inflate(deflated: Uint8Array, maximumBytes: number): Uint8Array {
  try {
    return inflateRawSync(deflated, { maxOutputLength: maximumBytes, finishFlush: constants.Z_FINISH });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ImageError(
        'too-many-bytes',
        `The DICOM file is deflated and has more than ${maximumBytes} bytes inflated; reduce it or raise the limit.`,
      );
    }
    throw corruptImage('DICOM', 'it cannot be inflated');
  }
}

function readElements(bytes: Uint8Array, begin: number, encoding: Encoding) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Record<string, Element> = {};
  let offset = begin;
  while (offset + 8 <= bytes.length) {
    const header = readHeader(view, offset, encoding);
    const { tag, representation, valueOffset, length } = header;
    if (tag === pixelDataTag) {
      const pixels: PixelElement = {
        bytes,
        offset: valueOffset,
        length: length === undefinedLength ? undefined : length,
        representation,
        littleEndian: encoding.littleEndian,
      };
      return { elements, pixels };
    }
    if (tag > pixelDataTag) break;
    const isWanted = wantedSequences.includes(tag);
    if (isWanted || length === undefinedLength) {
      const { element, end } = readSequence(bytes, offset, encoding, header);
      if (isWanted) elements[element.tag] = element;
      offset = end;
    } else {
      offset = valueOffset + length;
      if (offset > bytes.length) throw corruptImage('DICOM', 'it ends inside an element');
      if (wantedGroups.includes(tag >>> 16) || patientElements.includes(tag) || isOverlayRows(tag)) {
        const name = nameOf(tag);
        elements[name] = { tag: name, vr: representation, length, dataOffset: valueOffset } as Element;
      }
    }
  }
  return { elements, pixels: undefined };
}

function readHeader(view: DataView, offset: number, { explicit, littleEndian }: Encoding): Header {
  const tag = view.getUint16(offset, littleEndian) * 0x10000 + view.getUint16(offset + 2, littleEndian);
  if (!explicit) {
    const length = view.getUint32(offset + 4, littleEndian);
    return { tag, representation: undefined, valueOffset: offset + 8, length };
  }
  const representation = String.fromCharCode(view.getUint8(offset + 4), view.getUint8(offset + 5));
  if (!longRepresentations.includes(representation)) {
    return { tag, representation, valueOffset: offset + 8, length: view.getUint16(offset + 6, littleEndian) };
  }
  if (offset + 12 > view.byteLength) throw corruptImage('DICOM', 'it ends inside an element');
  return { tag, representation, valueOffset: offset + 12, length: view.getUint32(offset + 8, littleEndian) };
}

/** Reads a sequence, or any other element whose end only its content tells. */
function readSequence(bytes: Uint8Array, offset: number, encoding: Encoding, header: Header) {
  const { explicit, littleEndian } = encoding;
  try {
    const parser = littleEndian ? dicomParser.littleEndianByteArrayParser : dicomParser.bigEndianByteArrayParser;
    const isUnknown = header.representation === 'UN' && header.length !== undefinedLength;
    const stream = new dicomParser.ByteStream(parser, bytes, isUnknown ? header.valueOffset : offset);
    if (isUnknown) {
      // A sequence of an unknown representation is implicit inside (PS3.5, 6.2.2).
      const element = { tag: nameOf(header.tag), length: header.length, dataOffset: header.valueOffset } as Element;
      dicomParser.readSequenceItemsImplicit(stream, element);
      return { element, end: stream.position };
    }
    const element = explicit
      ? dicomParser.readDicomElementExplicit(stream, [])
      : dicomParser.readDicomElementImplicit(stream);
    if (stream.position > bytes.length) throw corruptImage('DICOM', 'it ends inside a sequence');
    return { element, end: stream.position };
  } catch {
    throw corruptImage('DICOM', 'its elements cannot be read');
  }
}

function nameOf(tag: number): string {
  return `x${tag.toString(16).padStart(8, '0')}`;
}
