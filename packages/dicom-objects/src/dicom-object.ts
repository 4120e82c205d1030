import { ownSchemeIdentification } from './codes.js';
import { dcmjs } from './dcmjs.js';
import { manufacturer, seriesDescription } from './own-objects.js';
import { type DicomJson, patientAndStudy, uidsOf } from './source-instance.js';
import { derivedUid } from './uids.js';

/** The model that results are of. */
export interface ResultModel {
  readonly id: string;
  /** SHA-256 of its own bytes. */
  readonly digest: string;
  /** Version of the software that scored with it. */
  readonly version: string;
}

/** What all objects of a study and a model share. */
export interface ObjectOrigin {
  readonly model: ResultModel;
  /** When the results were there; objects of the same results have the same time, whenever they are written. */
  readonly at: Date;
}

/** Attributes by keyword. */
export type Attributes = Readonly<Record<string, unknown>>;

const implementationClassUid = '2.25.220531934310871284523910927451093527312';
const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** The digest in the words that every object repeats. */
export const digestWords = ({ digest }: ResultModel): string => `model SHA-256 ${digest}`;

/** What is said of the images that an object comes from. */
export function referenceTo(source: DicomJson, frames: readonly number[] = []): Attributes {
  const { sopClassUid, sopInstanceUid } = uidsOf(source);
  return {
    ReferencedSOPClassUID: sopClassUid,
    ReferencedSOPInstanceUID: sopInstanceUid,
    ...(frames.length > 0 && { ReferencedFrameNumber: [...frames] }),
  };
}

export interface ObjectParts {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** The series that the object is put into: one for each study, model and kind. */
  readonly series: {
    readonly kind: string;
    readonly modality: string;
    readonly number: number;
    readonly words: string;
  };
  readonly instanceNumber: number;
  readonly content: Attributes;
  /** Value representations of attributes that may have several. */
  readonly representations?: Readonly<Record<string, string>>;
}

/** A file (PS3.10, explicit little endian) of an object in the study of `source`. */
export function writeObject(source: DicomJson, { model, at }: ObjectOrigin, parts: ObjectParts): Uint8Array {
  const { studyUid } = uidsOf(source);
  const { denaturalizeDataset } = dcmjs.data.DicomMetaDictionary;
  const { series } = parts;
  const { date, time } = dateAndTime(at);
  const dataset = {
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: parts.sopClassUid,
    SOPInstanceUID: parts.sopInstanceUid,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    CodingSchemeIdentificationSequence: [ownSchemeIdentification],
    StudyInstanceUID: studyUid,
    SeriesInstanceUID: derivedUid(model.digest, [studyUid], `${series.kind} series`),
    SeriesNumber: String(series.number),
    SeriesDescription: seriesDescription(series.words),
    SeriesDate: date,
    SeriesTime: time,
    Modality: series.modality,
    Manufacturer: manufacturer,
    ManufacturerModelName: 'MediCLIP as a service',
    DeviceSerialNumber: model.digest,
    SoftwareVersions: model.version,
    InstanceNumber: String(parts.instanceNumber),
    ContentDate: date,
    ContentTime: time,
    ...parts.content,
    ...(parts.representations && { _vrMap: parts.representations }),
  };
  const file = new dcmjs.data.DicomDict(
    denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: parts.sopClassUid,
      MediaStorageSOPInstanceUID: parts.sopInstanceUid,
      TransferSyntaxUID: explicitLittleEndian,
      ImplementationClassUID: implementationClassUid,
      ImplementationVersionName: 'MEDICLIP',
    }),
  );
  file.dict = { ...patientAndStudy(source), ...denaturalizeDataset(dataset) };
  return new Uint8Array(file.write({ fragmentMultiframe: false }));
}

/** A time as DA and TM, in UTC. */
export function dateAndTime(at: Date): { readonly date: string; readonly time: string } {
  const digits = at.toISOString().replace(/[-:T]/g, '');
  return { date: digits.slice(0, 8), time: digits.slice(8, 14) };
}
