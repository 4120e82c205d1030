import { type Code, codes } from './codes.js';
import {
  type Attributes,
  dateAndTime,
  digestWords,
  type ObjectOrigin,
  type ResultModel,
  referenceTo,
  writeObject,
} from './dicom-object.js';
import { decimal } from './segmentation.js';
import { type DicomJson, uidsOf } from './source-instance.js';
import { derivedUid } from './uids.js';

/** What a model says of an image. */
export interface ReportedScore {
  readonly source: DicomJson;
  /** Frame of the source, counted from 1, where that has several. */
  readonly frame?: number | undefined;
  readonly score: number;
  readonly pValue?: number | undefined;
  readonly threshold?: number | undefined;
  readonly decision?: 'normal' | 'abnormal' | undefined;
}

export interface StructuredReportOptions extends ObjectOrigin {
  /** At least one, all of one study. */
  readonly scores: readonly ReportedScore[];
  readonly instanceNumber: number;
}

const comprehensiveClass = '1.2.840.10008.5.1.4.1.1.88.33';

/**
 * Scores of images of a study as a Comprehensive SR (PS3.3, A.35.3) by TID 1500 (PS3.16): a measurement group for each
 * image with its score and, where the model has them, p-value, threshold and decision. It is partial, unverified and
 * preliminary. Throws a RangeError.
 */
export function structuredReport(options: StructuredReportOptions): Uint8Array {
  const { model, at, scores } = options;
  const [first] = scores;
  if (first === undefined) throw new RangeError('A report needs at least one score.');
  const { date, time } = dateAndTime(at);
  const names = scores.map(({ source, frame }) => [uidsOf(source).sopInstanceUid, frame ?? 0].join(' '));
  return writeObject(first.source, options, {
    sopClassUid: comprehensiveClass,
    sopInstanceUid: derivedUid(model.digest, names, 'structured-report'),
    series: { kind: 'structured-report', modality: 'SR', number: 9803, words: 'scores' },
    instanceNumber: options.instanceNumber,
    content: {
      ReferencedPerformedProcedureStepSequence: [],
      CompletionFlag: 'PARTIAL',
      CompletionFlagDescription: 'Scores of a research model, read by nobody',
      VerificationFlag: 'UNVERIFIED',
      PreliminaryFlag: 'PRELIMINARY',
      PerformedProcedureCodeSequence: [],
      CurrentRequestedProcedureEvidenceSequence: evidence(scores),
      ValueType: 'CONTAINER',
      ContinuityOfContent: 'SEPARATE',
      ConceptNameCodeSequence: [codes.measurementReport],
      ContentTemplateSequence: [template('1500')],
      ObservationDateTime: `${date}${time}`,
      ContentSequence: [
        { RelationshipType: 'HAS CONCEPT MOD', ...coded(codes.language, codes.english) },
        ...observer(model),
        { RelationshipType: 'HAS CONCEPT MOD', ...coded(codes.procedureReported, codes.imagingProcedure) },
        {
          RelationshipType: 'CONTAINS',
          ...container(codes.imagingMeasurements),
          ContentSequence: scores.map((score) => measurementGroup(score, model)),
        },
      ],
    },
  });
}

/** TID 1501: what is said of one image. */
function measurementGroup(reported: ReportedScore, model: ResultModel): Attributes {
  const { source, frame, decision } = reported;
  const { sopInstanceUid } = uidsOf(source);
  const tracking = derivedUid(model.digest, [sopInstanceUid, String(frame ?? 0)], 'tracking');
  const image = {
    RelationshipType: 'INFERRED FROM',
    ValueType: 'IMAGE',
    ConceptNameCodeSequence: [codes.sourceOfMeasurement],
    ReferencedSOPSequence: [referenceTo(source, frame === undefined ? [] : [frame])],
  };
  const numbers: [Code, number | undefined][] = [
    [codes.score, reported.score],
    [codes.pValue, reported.pValue],
    [codes.threshold, reported.threshold],
  ];
  return {
    RelationshipType: 'CONTAINS',
    ...container(codes.measurementGroup),
    ContentTemplateSequence: [template('1501')],
    ContentSequence: [
      { RelationshipType: 'HAS OBS CONTEXT', ...text(codes.trackingIdentifier, 'Whole image') },
      {
        RelationshipType: 'HAS OBS CONTEXT',
        ValueType: 'UIDREF',
        ConceptNameCodeSequence: [codes.trackingUid],
        UID: tracking,
      },
      { RelationshipType: 'HAS CONCEPT MOD', ...text(codes.algorithmName, 'MediCLIP') },
      { RelationshipType: 'HAS CONCEPT MOD', ...text(codes.algorithmVersion, model.version) },
      { RelationshipType: 'HAS CONCEPT MOD', ...text(codes.algorithmParameters, digestWords(model)) },
      ...numbers.flatMap(([concept, value]) =>
        value === undefined
          ? []
          : [
              {
                RelationshipType: 'CONTAINS',
                ValueType: 'NUM',
                ConceptNameCodeSequence: [concept],
                MeasuredValueSequence: [
                  { NumericValue: decimal(value), MeasurementUnitsCodeSequence: [codes.noUnits] },
                ],
                ContentSequence: [image],
              },
            ],
      ),
      ...(decision === undefined ? [] : [{ RelationshipType: 'CONTAINS', ...coded(codes.decision, codes[decision]) }]),
    ],
  };
}

/** TID 1004: the device that observed. */
function observer(model: ResultModel): Attributes[] {
  const context = (item: Attributes) => ({ RelationshipType: 'HAS OBS CONTEXT', ...item });
  return [
    context(coded(codes.observerType, codes.device)),
    context({
      ValueType: 'UIDREF',
      ConceptNameCodeSequence: [codes.deviceUid],
      UID: derivedUid(model.digest, [], 'observer'),
    }),
    context(text(codes.deviceName, `Model ${model.id}`)),
    context(text(codes.deviceManufacturer, 'MediCLIP')),
    context(text(codes.deviceModel, 'MediCLIP as a service')),
  ];
}

/** All images that the report speaks of, by study and series (PS3.3, C.17.2). */
function evidence(scores: readonly ReportedScore[]): Attributes[] {
  const series = new Map<string, Map<string, Attributes>>();
  for (const { source } of scores) {
    const { seriesUid, sopInstanceUid } = uidsOf(source);
    const instances = series.get(seriesUid) ?? new Map<string, Attributes>();
    series.set(seriesUid, instances.set(sopInstanceUid, referenceTo(source)));
  }
  const { studyUid } = uidsOf(scores[0]!.source);
  const ReferencedSeriesSequence = [...series].map(([SeriesInstanceUID, instances]) => ({
    SeriesInstanceUID,
    ReferencedSOPSequence: [...instances.values()],
  }));
  return [{ StudyInstanceUID: studyUid, ReferencedSeriesSequence }];
}

function template(TemplateIdentifier: string): Attributes {
  return { MappingResource: 'DCMR', TemplateIdentifier };
}

function container(concept: Code): Attributes {
  return { ValueType: 'CONTAINER', ContinuityOfContent: 'SEPARATE', ConceptNameCodeSequence: [concept] };
}

function coded(concept: Code, value: Code): Attributes {
  return { ValueType: 'CODE', ConceptNameCodeSequence: [concept], ConceptCodeSequence: [value] };
}

function text(concept: Code, TextValue: string): Attributes {
  return { ValueType: 'TEXT', ConceptNameCodeSequence: [concept], TextValue };
}
