import { readFileSync } from 'node:fs';
import { goldenPath } from '@mediclip/testing';
import { compareModels } from '../image/compare-models.js';
import { imageMetrics } from '../image/image-metrics.js';
import { PixelMetricsAccumulator } from '../pixel/pixel-metrics.js';
import type { ReportData } from '../report/report-data.js';

const threshold = 0.5;
const scores = Array.from({ length: 24 }, (_, i) => ({
  score: 0.3 + ((i * 7) % 24) / 60,
  abnormal: (i * 7) % 24 > 10 + (i % 5),
}));
const values = scores.map(({ score }) => score);
const labels = scores.map(({ abnormal }) => abnormal);
/** A baseline that tells the same images apart a little worse. */
const baseline = scores.map(({ score }, i) => score + ((i * 5) % 7) / 20);
const picture = (name: string) => readFileSync(goldenPath(`preprocess/input/${name}`));

function pixelMetrics() {
  const accumulator = new PixelMetricsAccumulator({ resamples: 20, threshold });
  for (let image = 0; image < 4; image++) {
    const map = Float32Array.from({ length: 16 }, (_, i) => ((i * (image + 3)) % 16) / 16);
    const mask = Uint8Array.from(map, (value) => Number(value > 0.78));
    accumulator.add(map, mask, 4, 4);
  }
  return accumulator.result();
}

/** A report with everything that reports can have. */
export const exampleReport: ReportData = {
  modelName: 'brain <b>&"one"</b>',
  createdAt: '2025-01-31T12:00:00Z',
  dataset: {
    name: 'test set',
    digest: 'sha256:00ff',
    masks: 4,
    maskShares: { smallest: 0.002, median: 0.0312, largest: 0.12 },
    rejected: 1,
    copies: 2,
    learned: 3,
  },
  scores,
  image: imageMetrics(values, labels, { resamples: 50 }),
  pixel: pixelMetrics(),
  calibration: { threshold, alpha: 0.05, images: 19 },
  comparison: {
    baselineName: 'baseline of last year',
    images: scores.length,
    result: compareModels(values, baseline, labels),
  },
  audit: {
    warnings: [{ sentence: 'The <ratio> of width to height alone tells the labels apart.' }],
    withoutCopies: { images: 22, leftOut: 2, auroc: imageMetrics(values, labels, { resamples: 50 }).auroc },
    bestCue: {
      name: 'the ratio of width to height',
      auroc: 0.86,
      modelAuroc: imageMetrics(values, labels, { resamples: 50 }).auroc,
      rankCorrelation: 0.4,
      aurocWithinStrata: 0.7,
    },
  },
  foreign: {
    count: 3,
    aurocWithout: imageMetrics(values.slice(3), labels.slice(3), { resamples: 50 }).auroc,
    cases: [
      { imageId: 'f1', name: 'hand.png', label: 'normal', foreign: 'other-kind', image: picture('gray8.png') },
      { imageId: 'f2', name: 'nega<tive.png', label: 'abnormal', foreign: 'inverted' },
    ],
  },
  regionThreshold: 0.62,
  cases: [
    {
      group: 'missed',
      name: 'a.png',
      score: 0.31,
      image: picture('gray8.png'),
      overlay: picture('rgb.png'),
      mask: picture('mask_255.png'),
    },
    { group: 'clear', name: '"b".png', score: 0.3, image: picture('gray8.png'), overlay: picture('rgb.png') },
  ],
  history: [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, heldOutLoss: 1.1 / epoch })),
  selectedEpoch: 3,
  modelCard: [{ name: 'Backbone', value: 'lite' }],
};
