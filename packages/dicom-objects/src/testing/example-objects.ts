import type { ObjectOrigin } from '../dicom-object.js';
import { secondaryCapture } from '../secondary-capture.js';
import { segmentation } from '../segmentation.js';
import type { DicomJson } from '../source-instance.js';
import { structuredReport } from '../structured-report.js';

const study = '1.2.826.0.1.3680043.8.498.1';

/** An axial CT slice as a PACS describes it, with names beyond ASCII. */
function ctSlice(number = 1, more: DicomJson = {}): DicomJson {
  return {
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
    '00080018': { vr: 'UI', Value: [`${study}.1.${number}`] },
    '00080020': { vr: 'DA', Value: ['20240131'] },
    '00080030': { vr: 'TM', Value: ['081500'] },
    '00080050': { vr: 'SH', Value: ['A-17'] },
    '00080090': { vr: 'PN', Value: [{ Alphabetic: 'Referring^Anna' }] },
    '00081030': { vr: 'LO', Value: ['Schädel nativ'] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg', Ideographic: '山田^太郎' }] },
    '00100020': { vr: 'LO', Value: ['4711'] },
    '00100030': { vr: 'DA', Value: ['19600229'] },
    '00100040': { vr: 'CS', Value: ['M'] },
    '0020000D': { vr: 'UI', Value: [study] },
    '0020000E': { vr: 'UI', Value: [`${study}.1`] },
    '00200010': { vr: 'SH', Value: ['S1'] },
    '00200052': { vr: 'UI', Value: [`${study}.9`] },
    '00200032': { vr: 'DS', Value: [-120.5, -120.33333333333333, 12.12345678901234] },
    '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
    '00280030': { vr: 'DS', Value: [0.48828125, 0.48828125] },
    '00180050': { vr: 'DS', Value: [5] },
    '00280301': { vr: 'CS', Value: ['NO'] },
    ...more,
  };
}

export const origin: ObjectOrigin = {
  model: { id: '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f', digest: 'ab12'.repeat(16), version: '0.1.0' },
  at: new Date('2026-03-04T05:06:07Z'),
};

const [rows, columns] = [15, 13];

/** A mask with a square of 3 x 3 pixels at (4, 5). */
const squareMask = Uint8Array.from({ length: rows * columns }, (_, at) => {
  const [x, y] = [at % columns, Math.floor(at / columns)];
  return x >= 4 && x < 7 && y >= 5 && y < 8 ? 1 : 0;
});

/**
 * One object of each kind, and kinds of sources that differ: of several frames, without a place in space, with nothing
 * but UIDs.
 */
export function exampleObjects(): Record<string, Uint8Array> {
  const source = ctSlice();
  const bare = Object.fromEntries(
    ['00080016', '00080018', '0020000D', '0020000E'].map((tag) => [tag, source[tag]!]),
  ) as DicomJson;
  const manyFrames = { ...bare, '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2.1'] } };
  const common = { ...origin, source, instanceNumber: 1 };
  const picture = { width: 7, height: 5, data: Uint8Array.from({ length: 105 }, (_, at) => at) };
  const both = [
    { frame: 3, mask: squareMask },
    { frame: 8, mask: new Uint8Array(rows * columns).fill(1) },
  ];
  return {
    'secondary-capture-of-uids': secondaryCapture({ ...common, picture, source: bare }),
    'segmentation-of-uids': segmentation({ ...common, rows, columns, frames: [{ mask: squareMask }], source: bare }),
    'secondary-capture': secondaryCapture({ ...common, picture }),
    'secondary-capture-of-frame': secondaryCapture({ ...common, picture, frame: 3, source: manyFrames }),
    segmentation: segmentation({ ...common, rows, columns, frames: [{ mask: squareMask }] }),
    'segmentation-of-frames': segmentation({ ...common, rows, columns, frames: both, source: manyFrames }),
    'structured-report': structuredReport({
      ...common,
      scores: [
        { source, score: 0.1 + 0.2, pValue: 1 / 3, threshold: 0.5, decision: 'normal' },
        { source: ctSlice(2), score: 0.9, pValue: 0.01, threshold: 0.5, decision: 'abnormal' },
      ],
    }),
    'structured-report-of-frame': structuredReport({ ...common, scores: [{ source: manyFrames, frame: 3, score: 1 }] }),
  };
}
