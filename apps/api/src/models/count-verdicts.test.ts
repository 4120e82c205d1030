import { describe, expect, test } from '@jest/globals';
import type { JudgedImage } from '@mediclip/contracts';
import { countVerdicts } from './count-verdicts.js';

const id = '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f';
const judged = (verdict: JudgedImage['verdict'], decision?: JudgedImage['verdict']): JudgedImage => ({
  imageId: id,
  datasetId: id,
  jobId: id,
  ...(decision && { decision }),
  verdict,
  at: '2026-01-01T00:00:00Z',
});

describe('verdicts on a model', () => {
  test('confirm or contradict its decisions, or come where it had made none', () => {
    expect(
      countVerdicts([
        judged('normal', 'normal'),
        judged('normal', 'abnormal'),
        judged('normal', 'abnormal'),
        judged('abnormal', 'abnormal'),
        judged('abnormal', 'normal'),
        judged('abnormal'),
      ]),
    ).toEqual({
      confirmed: { normal: 1, abnormal: 1 },
      contradicted: { normal: 2, abnormal: 1 },
      undecided: { normal: 0, abnormal: 1 },
    });
  });
});
