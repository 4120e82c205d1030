/** A code of PS3.16 or of the schemes that it names. */
export interface Code {
  readonly CodeValue: string;
  readonly CodingSchemeDesignator: string;
  readonly CodeMeaning: string;
}

const code = (CodingSchemeDesignator: string, CodeValue: string, CodeMeaning: string): Code => ({
  CodeValue,
  CodingSchemeDesignator,
  CodeMeaning,
});

/** Scheme of the few codes that no public scheme has. */
const ownScheme = '99MEDICLIP';

/** What a reader of `ownScheme` is told of it (PS3.3, C.12.1). */
export const ownSchemeIdentification = {
  CodingSchemeDesignator: ownScheme,
  CodingSchemeName: 'MediCLIP as a service',
};

export const codes = {
  sourceForProcessing: code('DCM', '121322', 'Source Image for Image Processing Operation'),
  segmentation: code('DCM', '113076', 'Segmentation'),
  abnormalStructure: code('SCT', '49755003', 'Morphologically Abnormal Structure'),
  anomalousRegion: code(ownScheme, 'region', 'Anomalous region'),
  artificialIntelligence: code('DCM', '123110', 'Artificial Intelligence'),
  measurementReport: code('DCM', '126000', 'Imaging Measurement Report'),
  language: code('DCM', '121049', 'Language of Content Item and Descendants'),
  english: code('RFC5646', 'en', 'English'),
  observerType: code('DCM', '121005', 'Observer Type'),
  device: code('DCM', '121007', 'Device'),
  deviceUid: code('DCM', '121012', 'Device Observer UID'),
  deviceName: code('DCM', '121013', 'Device Observer Name'),
  deviceManufacturer: code('DCM', '121014', 'Device Observer Manufacturer'),
  deviceModel: code('DCM', '121015', 'Device Observer Model Name'),
  procedureReported: code('DCM', '121058', 'Procedure Reported'),
  imagingProcedure: code('SCT', '363679005', 'Imaging procedure'),
  imagingMeasurements: code('DCM', '126010', 'Imaging Measurements'),
  measurementGroup: code('DCM', '125007', 'Measurement Group'),
  trackingIdentifier: code('DCM', '112039', 'Tracking Identifier'),
  trackingUid: code('DCM', '112040', 'Tracking Unique Identifier'),
  sourceOfMeasurement: code('DCM', '121112', 'Source of Measurement'),
  algorithmName: code('DCM', '111001', 'Algorithm Name'),
  algorithmVersion: code('DCM', '111003', 'Algorithm Version'),
  algorithmParameters: code('DCM', '111002', 'Algorithm Parameters'),
  score: code(ownScheme, 'score', 'Anomaly score'),
  pValue: code(ownScheme, 'p-value', 'Conformal p-value'),
  threshold: code(ownScheme, 'threshold', 'Decision threshold'),
  decision: code(ownScheme, 'decision', 'Decision by the threshold'),
  normal: code(ownScheme, 'normal', 'At or below the threshold'),
  abnormal: code(ownScheme, 'abnormal', 'Above the threshold'),
  noUnits: code('UCUM', '1', 'no units'),
} as const;
