import type { Calibration, Model } from '@mediclip/contracts';
import { groupPromise } from '../groups/calibrate-groups.js';

/** What the card says of the backbone beside its id and digest. */
export interface CardBackbone {
  readonly name: string;
  /** Licence of the weights, an SPDX id. */
  readonly licence: string;
}

/** One fact of a model card. */
export interface CardFact {
  readonly name: string;
  readonly value: string;
}

/** What a model may be used for. */
export const intendedUse =
  'Research and development: to rank images of the same kind as those it was adapted on by how unlike the normal ones they are, and to show where.';

/** What a model must not be used for. */
export const misuse =
  'Diagnosis, triage, screening, or any other decision about a patient: it is a research tool, not a medical device. Nor images of another scanner, protocol, region of the body or group of patients, unless it was evaluated on them.';

/** The facts of a model that a reader needs to judge it or to make it again, in the order in which they are shown. */
export function modelCardFacts(model: Model, backbone: CardBackbone): CardFact[] {
  const { id, name, createdAt, importedAt, configuration, lineage, digest } = model;
  const { training, scoring } = configuration;
  const epochs = `${training.epochs} epochs, batches of ${training.batchSize}, learning rate ${training.learningRate}`;
  const pooled =
    scoring.pooling === 'max' ? 'maximum of the map' : `mean of the map's highest ${100 * scoring.topShare} %`;
  return [
    { name: 'Model', value: name === undefined ? id : `${name} (${id})` },
    { name: 'Made on', value: createdAt },
    ...(importedAt === undefined ? [] : [{ name: 'Imported on', value: importedAt }]),
    { name: 'Backbone', value: `${backbone.name} (${lineage.backbone}, SHA-256 ${lineage.backboneDigest})` },
    { name: 'Licence of the weights', value: backbone.licence },
    { name: 'Taps', value: configuration.taps.join(', ') },
    { name: 'Preset', value: configuration.preset },
    { name: 'Normal images adapted on', value: shotsFact(lineage) },
    ...outlierFacts(lineage),
    { name: 'Greys deeper than 8 bits', value: intensityFact(model.intensity) },
    { name: 'Adapted on data set', value: `${lineage.datasetId} (digest ${lineage.datasetDigest})` },
    ...revisionFacts(lineage),
    { name: 'Seed', value: String(lineage.seed) },
    { name: 'Training', value: epochs },
    {
      name: 'Score',
      value: pooled + (scoring.memoryImageWeight > 0 ? ", and the whole image's distance from the normals" : ''),
    },
    { name: 'Held-out figures', value: heldOutFigures(model) },
    { name: 'Calibration', value: calibrationFacts(model.calibration) },
    ...groupFacts(model.calibration),
    ...(model.manualThreshold
      ? [
          {
            name: 'Threshold',
            value: `set by hand, no guarantee: scores above ${model.manualThreshold.threshold} are called abnormal`,
          },
        ]
      : []),
    { name: 'Computed on', value: [lineage.device, lineage.precision].filter(Boolean).join(', ') },
    { name: 'Versions', value: versions(lineage.versions) },
    { name: 'Digest', value: digest },
  ];
}

/** The card as a Markdown file. */
export function renderModelCard(model: Model, backbone: CardBackbone): string {
  const rows = modelCardFacts(model, backbone).map(({ name, value }) => `| ${cell(name)} | ${cell(value)} |`);
  return `# Model card: ${line(model.name ?? model.id)}

An anomaly detector for medical images, adapted to a few normal images (MediCLIP). It gives every pixel a probability of being
abnormal, and every image a score from 0 to 1.

## Intended use

${intendedUse}

## Must not be used for

${misuse}

## Limits

- It says that an image is unlike the normal ones, not why. Artefacts and rare normal anatomy can score high, and subtle disease low.
- Held-out figures come from synthetic anomalies: they compare settings and do not predict how real disease is found.
- A calibrated threshold keeps its promise only for new images of the same kind as those it was calibrated on.

## Facts

| | |
|---|---|
${rows.join('\n')}
`;
}

function outlierFacts({ outliers = [] }: Model['lineage']): CardFact[] {
  if (outliers.length === 0) return [];
  const [first] = outliers;
  const done = first?.excluded ? 'left out' : 'the model knows them as normal';
  const ids = outliers.map(({ imageId, kind }) => `${imageId}${kind === 'inverted' ? ' (inverted greys)' : ''}`);
  return [{ name: 'Normal images unlike the others', value: `${outliers.length}, ${done}: ${ids.join(', ')}` }];
}

function revisionFacts({ parentModelId, added = [] }: Model['lineage']): CardFact[] {
  if (parentModelId === undefined) return [];
  const images = added.reduce((sum, { imageIds }) => sum + imageIds.length, 0);
  const times = added.length === 1 ? 'one revision' : `${added.length} revisions`;
  return [{ name: 'Revision of', value: `${parentModelId}; normal images added to the memory by ${times}: ${images}` }];
}

/** What the model does with values of more than 8 bits, in words. */
export function intensityFact(intensity: Model['intensity']): string {
  switch (intensity?.kind) {
    case undefined:
      return "by the file's window, else stretched over their range";
    case 'file':
      return "by the file's own window or table, else from percentile 0.5 to 99.5 of each image";
    case 'window': {
      const { centre, width, unit } = intensity;
      return `by one window of centre ${centre} and width ${width}${unit === undefined ? '' : ` ${unit}`}`;
    }
    case 'percentiles':
      return `from percentile ${intensity.low} to ${intensity.high} of each image, background left out`;
  }
}

function shotsFact({ imageIds, copies = [] }: Model['lineage']): string {
  if (copies.length === 0) return String(imageIds.length);
  return `${imageIds.length} distinct pictures (${copies.length} more left out as copies or near copies of them)`;
}

function heldOutFigures({ lossHistory, selectedEpoch }: Model): string {
  const loss = lossHistory.find(({ epoch }) => epoch === selectedEpoch)?.heldOutLoss;
  if (loss === undefined) return 'none: no synthetic anomalies were held out';
  return `loss ${loss.toFixed(3)} on held-out synthetic anomalies (epoch ${selectedEpoch} of ${lossHistory.length})`;
}

function calibrationFacts(calibration: Calibration | null): string {
  if (calibration === null) return 'none';
  const { threshold, mapThreshold, alpha, images, datasetId, datasetDigest } = calibration;
  const regions = mapThreshold === undefined ? '' : `, map values from ${mapThreshold} on are regions`;
  return `scores above ${threshold} are called abnormal${regions}; alpha ${alpha}, from ${images} normal images of data set ${datasetId} (digest ${datasetDigest})`;
}

function groupFacts(calibration: Calibration | null): CardFact[] {
  const promise = groupPromise(calibration);
  return promise === undefined ? [] : [{ name: 'Groups', value: promise }];
}

const versions = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

/** Text on one line, with what Markdown would read as markup escaped. */
const line = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>#]/g, '\\$&');

const cell = (text: string): string => line(text).replaceAll('|', '\\|');
