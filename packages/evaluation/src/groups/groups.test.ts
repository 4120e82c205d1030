import { describe, expect, test } from '@jest/globals';
import type { Calibration } from '@mediclip/contracts';
import { generatorOf } from '@mediclip/testing';
import fc from 'fast-check';
import { conformalThreshold } from '../calibration/conformal.js';
import { imageMetrics } from '../image/image-metrics.js';
import { calibrateGroups, decideGroup, groupPromise, thresholdsAt } from './calibrate-groups.js';
import { groupMetrics } from './group-metrics.js';
import { defaultHighest, groupScores } from './group-scores.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const highest = defaultHighest;

/** Slices of patients: what a patient has in common spreads wider than what tells the slices apart. */
function slicesOf({ normal }: ReturnType<typeof generatorOf>, patients: number, slices: number) {
  return Array.from({ length: patients }, (_, patient) => {
    const common = normal();
    return Array.from({ length: slices }, () => {
      const logit = common + 0.3 * normal();
      return { group: `patient ${patient}`, score: sigmoid(logit), logit };
    });
  });
}

describe('the score of a group', () => {
  test('is the mean of its highest scores, an image without a group is one, and its logit is that of the mean', () => {
    const images = [0.2, 0.9, 0.5, 0.4].map((score) => ({ group: 'a', score, logit: Math.log(score / (1 - score)) }));
    const [a, alone, other] = groupScores([...images, { score: 0.3, logit: -1 }, { score: 0.3, logit: -1 }], 3);
    expect(a).toMatchObject({ group: 'a', score: (0.9 + 0.5 + 0.4) / 3, members: [{ score: 0.9 }, {}, {}, {}] });
    expect(sigmoid(a!.logit!)).toBeCloseTo(a!.score, 12);
    expect([alone, other]).toMatchObject([{ members: [{ score: 0.3 }] }, { members: [{ score: 0.3 }] }]);
    expect(groupScores([{ group: 'a', score: 0.1, logit: undefined }], 3)[0]!.logit).toBeUndefined();
  });

  test('tells groups apart whose scores have all become 1', () => {
    const group = (name: string, logits: readonly number[]) =>
      logits.map((logit) => ({ group: name, score: Math.fround(sigmoid(logit)), logit }));
    const [low, high] = groupScores([...group('low', [40, 41, 900]), ...group('high', [42, 43, 800])], 3);
    expect([low!.score, high!.score]).toEqual([1, 1]);
    expect(high!.logit!).toBeGreaterThan(low!.logit!);
  });
});

describe('a calibration by groups', () => {
  test('keeps its promise to new patients where one by correlated slices breaks it', () => {
    const random = generatorOf(20);
    const [alpha, trials, slices] = [0.1, 3000, 40];
    const shares = (patients: number) => {
      const alarms = { groups: 0, images: 0, groupsByImages: 0 };
      for (let trial = 0; trial < trials; trial++) {
        const known = slicesOf(random, patients, slices).flat();
        const [one] = slicesOf(random, 1, slices);
        const [score] = groupScores(one!, highest);
        if (decideGroup(score!, calibrateGroups(known, { alpha, highest })!).decision === 'abnormal') alarms.groups++;
        const byImages = conformalThreshold(
          known.map(({ logit }) => logit),
          alpha,
        );
        const limit = byImages.defined ? byImages.value : Number.NaN;
        const flagged = one!.filter(({ logit }) => logit > limit).length;
        alarms.images += flagged / slices;
        if (flagged > 0) alarms.groupsByImages++;
      }
      return { groups: alarms.groups / trials, images: alarms.images / trials, any: alarms.groupsByImages / trials };
    };
    // By groups 9 patients leave 1 of 10 by chance; three standard errors of 3,000 trials are 0.016.
    const nine = shares(9);
    expect(Math.abs(nine.groups - alpha)).toBeLessThan(0.016);
    expect(nine.any).toBeGreaterThan(0.2);
    // 5 patients are too few to promise 0.1, and their 200 slices seem to be enough.
    const five = shares(5);
    expect(five.groups).toBe(0);
    expect(five.images).toBeGreaterThan(0.14);
  });

  test('flags exactly the groups whose p-value is at most alpha, and is the same at another alpha and back', () => {
    const logits = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        logits,
        fc.constantFrom(0.05, 0.1, 0.25, 0.5),
        fc.integer({ min: -6, max: 6 }),
        (all, alpha, logit) => {
          const normal = all.map((one, i) => ({ group: `${i % 11}`, score: sigmoid(one), logit: one }));
          const groups = calibrateGroups(normal, { alpha, highest })!;
          const { pValue, decision } = decideGroup({ score: sigmoid(logit), logit }, groups);
          expect(decision === 'abnormal').toBe(pValue <= alpha);
          expect(groups.threshold === undefined).toBe(1 / (groups.count + 1) > alpha);
          expect(thresholdsAt(thresholdsAt(groups, 0.9), alpha)).toEqual(groups);
        },
      ),
    );
  });

  test('says what alpha is a promise of, and of how many groups nothing is', () => {
    const normal = Array.from({ length: 24 }, (_, i) => ({ group: `${i % 6}`, score: i / 24, logit: undefined }));
    const of = (alpha: number) =>
      groupPromise({ alpha, images: 24, groups: calibrateGroups(normal, { alpha, highest }) } as Calibration);
    expect(of(0.2)).toContain('at most 20 % of new normal groups');
    expect(of(0.05)).toContain('that takes 19 groups');
    expect(calibrateGroups([{ score: 0.3, logit: undefined }], { alpha: 0.2, highest })).toBeUndefined();
    expect(groupPromise({ alpha: 0.2, images: 24 } as Calibration)).toBeUndefined();
  });
});

describe('figures of groups', () => {
  test('are AUROCs whose intervals come from groups: wider than those that take slices as independent', () => {
    const random = generatorOf(4);
    const normal = slicesOf(random, 8, 30).flat();
    const abnormal = slicesOf(random, 8, 30)
      .flat()
      .map((one) => ({ ...one, group: `ill ${one.group}`, logit: one.logit + 1 }));
    const members = [
      ...normal.map((one) => ({ ...one, abnormal: false })),
      ...abnormal.map((one) => ({ ...one, abnormal: true })),
    ];
    const found = groupMetrics(members, highest, { resamples: 400 })!;
    expect(found).toMatchObject({ highest, normalGroups: 8, abnormalGroups: 8 });
    const images = imageMetrics(
      members.map(({ score }) => score),
      members.map((one) => one.abnormal),
      { logits: members.map(({ logit }) => logit), resamples: 0 },
    );
    const width = ({ auroc }: { auroc: (typeof images)['auroc'] }) =>
      auroc.defined && auroc.interval.defined ? auroc.interval.high - auroc.interval.low : Number.NaN;
    expect(found.imageAuroc).toMatchObject({ value: images.auroc.defined && images.auroc.value });
    expect(width({ auroc: found.imageAuroc })).toBeGreaterThan(2 * width(images));
    const byHand = groupScores(members, highest);
    const pairs = byHand.flatMap((a) => byHand.map((b) => [a, b] as const));
    const isIll = (one: (typeof byHand)[number]) => one.group!.startsWith('ill');
    const compared = pairs.filter(([a, b]) => isIll(a) && !isIll(b));
    const won = compared.filter(([a, b]) => a.logit! > b.logit!).length;
    expect(found.auroc).toMatchObject({ value: won / compared.length });
  });

  test('are none without groups, and say why where all groups are of one kind', () => {
    expect(groupMetrics([{ score: 0.5, logit: undefined, abnormal: true }], highest)).toBeUndefined();
    const one = { group: 'a', score: 0.5, logit: undefined, abnormal: false };
    expect(groupMetrics([one], highest)!.auroc).toMatchObject({ defined: false });
  });
});
