import { codes } from './codes.js';
import { type Attributes, digestWords, type ObjectOrigin, referenceTo, writeObject } from './dicom-object.js';
import { evenLength } from './secondary-capture.js';
import { type DicomJson, numbersOf, textOf, uidsOf } from './source-instance.js';
import { derivedUid } from './uids.js';

/** The regions of a frame. */
interface SegmentedFrame {
  /** Frame of the source, counted from 1; undefined for a source of one image. */
  readonly frame?: number | undefined;
  /** 0 and 1, row by row, in the pixels of the source. */
  readonly mask: Uint8Array;
}

export interface SegmentationOptions extends ObjectOrigin {
  readonly source: DicomJson;
  readonly rows: number;
  readonly columns: number;
  /** At least one. */
  readonly frames: readonly SegmentedFrame[];
  readonly instanceNumber: number;
}

const segmentationClass = '1.2.840.10008.5.1.4.1.1.66.4';

/**
 * The regions of an image as a binary Segmentation (PS3.3, A.51) with one segment, a frame for each frame of the source
 * that has any. Throws a RangeError.
 */
export function segmentation(options: SegmentationOptions): Uint8Array {
  const { model, source, rows, columns, frames } = options;
  const { sopInstanceUid, seriesUid } = uidsOf(source);
  const dimensionsUid = derivedUid(model.digest, [sopInstanceUid], 'segmentation dimensions');
  const place = geometryOf(source);
  return writeObject(source, options, {
    sopClassUid: segmentationClass,
    sopInstanceUid: derivedUid(model.digest, [sopInstanceUid], 'segmentation'),
    series: { kind: 'segmentation', modality: 'SEG', number: 9802, words: 'regions' },
    instanceNumber: options.instanceNumber,
    representations: { PixelData: 'OB' },
    content: {
      ImageType: ['DERIVED', 'PRIMARY'],
      BurnedInAnnotation: 'NO',
      DerivationDescription: `Regions of an anomaly map, ${digestWords(model)}`,
      ...(place
        ? { FrameOfReferenceUID: place.frameOfReferenceUid, PositionReferenceIndicator: '' }
        : { PatientOrientation: [] }),
      ReferencedSeriesSequence: [{ SeriesInstanceUID: seriesUid, ReferencedInstanceSequence: [referenceTo(source)] }],
      DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensionsUid }],
      DimensionIndexSequence: [
        dimension(dimensionsUid, 0x0062000b, 0x0062000a, 'Segment'),
        dimension(dimensionsUid, 0x00209057, 0x00209111, 'Frame'),
      ],
      ContentLabel: 'ANOMALIES',
      ContentDescription: 'Regions of the anomaly map',
      ContentCreatorName: '',
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      NumberOfFrames: String(frames.length),
      Rows: rows,
      Columns: columns,
      BitsAllocated: 1,
      BitsStored: 1,
      HighBit: 0,
      PixelRepresentation: 0,
      LossyImageCompression: textOf(source, '00282110') ?? '00',
      SegmentationType: 'BINARY',
      SegmentSequence: [
        {
          SegmentNumber: 1,
          SegmentLabel: 'Anomalous regions',
          SegmentDescription: 'Areas above the threshold of the anomaly map; research, no finding',
          SegmentAlgorithmType: 'AUTOMATIC',
          SegmentAlgorithmName: 'MediCLIP',
          SegmentationAlgorithmIdentificationSequence: [
            {
              AlgorithmFamilyCodeSequence: [codes.artificialIntelligence],
              AlgorithmName: 'MediCLIP',
              AlgorithmVersion: model.version,
              AlgorithmParameters: digestWords(model),
            },
          ],
          SegmentedPropertyCategoryCodeSequence: [codes.abnormalStructure],
          SegmentedPropertyTypeCodeSequence: [codes.anomalousRegion],
        },
      ],
      SharedFunctionalGroupsSequence: [
        {
          SegmentIdentificationSequence: [{ ReferencedSegmentNumber: 1 }],
          ...(place?.shared ?? {}),
        },
      ],
      PerFrameFunctionalGroupsSequence: frames.map(({ frame }, index) => ({
        DerivationImageSequence: [
          {
            DerivationDescription: `Regions of an anomaly map, ${digestWords(model)}`,
            DerivationCodeSequence: [codes.segmentation],
            SourceImageSequence: [
              {
                ...referenceTo(source, frame === undefined ? [] : [frame]),
                PurposeOfReferenceCodeSequence: [codes.sourceForProcessing],
              },
            ],
          },
        ],
        FrameContentSequence: [
          { StackID: '1', InStackPositionNumber: index + 1, DimensionIndexValues: [1, index + 1] },
        ],
        ...(place && { PlanePositionSequence: [{ ImagePositionPatient: place.position }] }),
      })),
      PixelData: [evenLength(packed(frames, rows * columns))],
    },
  });
}

function dimension(uid: string, pointer: number, group: number, label: string): Attributes {
  return {
    DimensionOrganizationUID: uid,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: group,
    DimensionDescriptionLabel: label,
  };
}

/**
 * Where the source lies in space, if it says all of it and has one frame; of others the reference to the source says
 * where.
 */
function geometryOf(source: DicomJson) {
  const frameOfReferenceUid = textOf(source, '00200052');
  const position = numbersOf(source, '00200032', 3);
  const orientation = numbersOf(source, '00200037', 6);
  const spacing = numbersOf(source, '00280030', 2);
  if (!frameOfReferenceUid || !position || !orientation || !spacing) return undefined;
  const [thickness] = numbersOf(source, '00180050', 1) ?? [];
  return {
    frameOfReferenceUid,
    position: position.map(decimal),
    shared: {
      PlaneOrientationSequence: [{ ImageOrientationPatient: orientation.map(decimal) }],
      PixelMeasuresSequence: [
        { PixelSpacing: spacing.map(decimal), ...(thickness !== undefined && { SliceThickness: decimal(thickness) }) },
      ],
    },
  };
}

/** A decimal string of at most 16 characters (PS3.5, 6.2), with ten significant digits where all do not fit. */
export function decimal(value: number): string {
  const plain = String(value);
  if (plain.length <= 16) return plain;
  const shorter = String(Number(value.toPrecision(10)));
  return shorter.length <= 16 ? shorter : value.toExponential(8);
}

/** Bits of all frames one after the other, the first in the lowest bit of the first byte (PS3.5, 8.1.1). */
function packed(frames: readonly SegmentedFrame[], length: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((length * frames.length) / 8));
  let bit = 0;
  for (const { mask } of frames) {
    if (mask.length !== length) throw new RangeError(`A mask has ${mask.length} pixels, and its image ${length}.`);
    for (const pixel of mask) {
      if (pixel !== 0) bytes[bit >> 3]! |= 1 << (bit & 7);
      bit++;
    }
  }
  return bytes;
}
