import { codes } from './codes.js';
import { digestWords, type ObjectOrigin, referenceTo, writeObject } from './dicom-object.js';
import { type DicomJson, textOf, uidsOf } from './source-instance.js';
import { derivedUid } from './uids.js';

export interface SecondaryCaptureOptions extends ObjectOrigin {
  readonly source: DicomJson;
  /** Frame of the source, counted from 1, where that has several. */
  readonly frame?: number | undefined;
  /** The overlay: RGB, row by row. */
  readonly picture: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  readonly instanceNumber: number;
}

const secondaryCaptureClass = '1.2.840.10008.5.1.4.1.1.7';

/**
 * The overlay of an image as a Secondary Capture Image (PS3.3, A.8.1), which every viewer shows. Throws a RangeError
 * for a source without UIDs.
 */
export function secondaryCapture(options: SecondaryCaptureOptions): Uint8Array {
  const { model, source, frame, picture } = options;
  const { sopInstanceUid } = uidsOf(source);
  return writeObject(source, options, {
    sopClassUid: secondaryCaptureClass,
    sopInstanceUid: derivedUid(model.digest, [sopInstanceUid], 'secondary-capture'),
    series: { kind: 'secondary-capture', modality: 'OT', number: 9801, words: 'heat maps' },
    instanceNumber: options.instanceNumber,
    representations: { PixelData: 'OB' },
    content: {
      ConversionType: 'WSD',
      ImageType: ['DERIVED', 'SECONDARY'],
      Laterality: '',
      PatientOrientation: [],
      BurnedInAnnotation: burnedIn(source),
      DerivationDescription: `Anomaly map over the grey image, ${digestWords(model)}`,
      SourceImageSequence: [
        {
          ...referenceTo(source, frame === undefined ? [] : [frame]),
          PurposeOfReferenceCodeSequence: [codes.sourceForProcessing],
        },
      ],
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      Rows: picture.height,
      Columns: picture.width,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      LossyImageCompression: textOf(source, '00282110') ?? '00',
      PixelData: [evenLength(picture.data)],
    },
  });
}

/** What is burnt into the source shows through; where the source does not say, it may be there. */
function burnedIn(source: DicomJson): 'YES' | 'NO' {
  return textOf(source, '00280301') === 'NO' ? 'NO' : 'YES';
}

/** The bytes in a buffer of their own with an even length (PS3.5, 7.1.1). */
export function evenLength(bytes: Uint8Array): ArrayBuffer {
  const even = new Uint8Array(bytes.length + (bytes.length % 2));
  even.set(bytes);
  return even.buffer;
}
