import { describe, expect, test } from '@jest/globals';
import type { AuditedImage } from '@mediclip/contracts';
import { imageAuroc } from '@mediclip/evaluation';
import { RandomStream } from '@mediclip/synthesis';
import fc from 'fast-check';
import { auditEvaluation } from './audit-evaluation.js';
import { auditImages } from './audit-images.js';
import { cueBesideModel } from './cues/cue-beside-model.js';
import type { ImageToAudit } from './image-to-audit.js';

const quiet = {
  bitDepth: 8,
  compressionQuality: 100,
  mean: 90,
  deviation: 30,
  sharpness: 5,
  blackBorder: 0,
  edgeMarks: 0,
};

/** An image that shows what others of the same `seed` show, byte for byte. */
function image(imageId: string, seed: number, fields: Partial<ImageToAudit> = {}): ImageToAudit {
  const random = new RandomStream(seed, 0, 0);
  const thumbnail = Uint8Array.from({ length: 64 * 64 }, () => random.uniform(0, 255));
  return {
    imageId,
    fileName: `${imageId}.png`,
    split: 'test',
    label: 'normal',
    sha256: `file ${seed}`,
    width: 100,
    height: 80,
    format: 'png',
    traits: { pixelDigest: `pixels ${seed}`, thumbnail, ...quiet },
    ...fields,
  };
}

const names = (images: readonly AuditedImage[]) => images.map(({ imageId }) => imageId);

describe('the audit of a data set', () => {
  test('finds nothing where nothing is', () => {
    const images = [0, 1, 2, 3].map((seed) => image(`${seed}`, seed, { label: seed < 2 ? 'normal' : 'abnormal' }));
    const { findings } = auditImages(images);
    expect(findings).toMatchObject({ warnings: [], copies: { images: 0, testInTraining: 0, groups: [] } });
    expect(findings.cues.every(({ auroc }) => auroc === 0.5)).toBe(true);
  });

  test('names copies across splits first, then across labels, then the others, and says what to do', () => {
    const { findings } = auditImages([
      image('a', 1),
      image('b', 1),
      image('c', 2),
      image('d', 2, { label: 'abnormal' }),
      image('e', 3),
      image('f', 3, { split: 'train' }),
      image('g', 4),
    ]);
    expect(findings.copies).toMatchObject({ images: 3, testInTraining: 1, groupCount: 3 });
    expect(findings.copies.groups.map(({ images }) => names(images))).toEqual([
      ['e', 'f'],
      ['c', 'd'],
      ['a', 'b'],
    ]);
    const kinds = findings.warnings.map(({ kind }) => kind).filter((kind) => kind !== 'shortcut');
    expect(kinds).toEqual(['copies-across-splits', 'copies-across-labels', 'copies']);
    expect(findings.warnings[0]?.sentence).toContain('1 of 6 test images are copies of training images:');
    for (const { sentence } of findings.warnings) expect(sentence).not.toContain('.png');
  });

  test('warns of a trivial cue that tells the labels apart, with its direction, and of no other', () => {
    const images = Array.from({ length: 40 }, (_, seed) => {
      const label = seed % 2 === 0 ? 'normal' : 'abnormal';
      const wide = label === 'normal' ? 100 + (seed % 3) : 110;
      return image(`${seed}`, seed, { label, width: wide, height: wide / (label === 'normal' ? 1.5 : 1.2) });
    });
    const { warnings, cues } = auditImages(images).findings;
    expect(cues.find(({ cue }) => cue === 'sideRatio')).toEqual({ cue: 'sideRatio', auroc: 1, higherIn: 'normal' });
    expect(warnings.map(({ sentence }) => sentence)).toContainEqual(
      expect.stringContaining(
        'The ratio of width to height alone tells normal from abnormal test images with an AUROC of 1.00',
      ),
    );
    expect(warnings.some(({ sentence }) => sentence.includes('brightness'))).toBe(false);
  });

  test('a format is a cue by the labels of the images that have it', () => {
    const images = [0, 1, 2, 3].map((seed) =>
      image(`${seed}`, seed, { label: seed < 2 ? 'normal' : 'abnormal', format: seed < 2 ? 'png' : 'jpeg' }),
    );
    expect(auditImages(images).findings.cues[0]).toMatchObject({ cue: 'format', auroc: 1 });
  });
});

describe('the figures of a model beside the audit', () => {
  const score = fc.double({ min: -5, max: 5, noNaN: true });
  const labelled = fc.array(fc.tuple(score, fc.boolean(), fc.nat(5), fc.boolean()), { minLength: 4, maxLength: 14 });

  test('are without the copies those of the distinct images that no training image shows', () => {
    fc.assert(
      fc.property(labelled, (rows) => {
        const images = rows.map(([, abnormal, seed, isTraining], i) =>
          // A picture has one label here.
          image(`${i}`, seed * 2 + Number(abnormal), {
            label: abnormal ? 'abnormal' : 'normal',
            split: isTraining ? 'train' : 'test',
          }),
        );
        const scores = new Map(rows.flatMap(([value, , , isTraining], i) => (isTraining ? [] : [[`${i}`, value]])));
        const trained = new Set(images.filter(({ split }) => split === 'train').map(({ sha256 }) => sha256));
        const kept = images.filter(
          ({ split, sha256 }, i) =>
            split === 'test' &&
            !trained.has(sha256) &&
            !images.slice(0, i).some((earlier) => earlier.split === 'test' && earlier.sha256 === sha256),
        );
        const { withoutCopies } = auditEvaluation(images, auditImages(images), scores);
        expect(withoutCopies.images).toBe(kept.length);
        expect(withoutCopies.auroc).toEqual(
          imageAuroc(
            kept.map(({ imageId }) => scores.get(imageId)!),
            kept.map(({ label }) => label === 'abnormal'),
          ),
        );
      }),
      { numRuns: 12 },
    );
  });

  test('say of a model that only reads the cue that it knows nothing else', () => {
    const abnormal = Array.from({ length: 60 }, (_, i) => i % 3 === 0);
    const cues = abnormal.map((isAbnormal, i) => ({
      ...quiet,
      format: 'png' as const,
      width: 100 + (isAbnormal ? i : i / 2),
      height: 90,
    }));
    const blind = cues.map(({ width }) => Math.round(width / 20));
    const seeing = abnormal.map(Number);
    const follower = cueBesideModel({ cue: 'width', higherIn: 'abnormal' }, cues, blind, abnormal);
    expect(follower.rankCorrelation).toBeGreaterThan(0.8);
    expect(cueBesideModel({ cue: 'width', higherIn: 'abnormal' }, cues, seeing, abnormal).aurocWithinStrata).toBe(1);
    expect(cueBesideModel({ cue: 'height', higherIn: 'normal' }, cues, blind, abnormal).rankCorrelation).toBe(0);
    const constant = cueBesideModel({ cue: 'height', higherIn: 'normal' }, cues, seeing, abnormal);
    expect(constant.aurocWithinStrata).toBe(1);
  });
});
