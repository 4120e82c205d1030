import { describe, expect, test } from '@jest/globals';
import { driftRingLength } from '@mediclip/contracts/words';
import { generatorOf } from '@mediclip/testing';
import { ConformalMartingale } from './conformal-martingale.js';
import { observeDrift } from './drift.js';

const rate = 0.01;
const scoreOf = (logit: number) => 1 / (1 + Math.exp(-logit));

describe('the drift martingale', () => {
  test('alarms on at most the promised share of 1,000 streams of normal images, looked at after each', () => {
    const random = generatorOf(11);
    let alarms = 0;
    for (let stream = 0; stream < 1000; stream++) {
      const draw = () => scoreOf(random.normal() - 2);
      const martingale = ConformalMartingale.begin(Array.from({ length: 40 }, draw));
      for (let i = 0; i < 1000; i++) martingale.observe(draw(), random.uniform());
      if (martingale.highest >= 1 / rate) alarms++;
    }
    process.stdout.write(`false alarms: ${alarms} of 1,000 streams of 1,000 normal images, promised ${rate * 1000}\n`);
    expect(alarms).toBeLessThanOrEqual(rate * 1000);
  });

  test('stays quiet over 10,000 normal images with tied scores', () => {
    const random = generatorOf(5);
    const draw = () => scoreOf(Math.round(random.normal() * 2) / 2);
    const martingale = ConformalMartingale.begin(Array.from({ length: 20 }, draw));
    for (let i = 0; i < 10_000; i++) martingale.observe(draw(), random.uniform());
    expect(martingale.highest).toBeLessThan(1 / rate);
  });

  test.each([
    ['scores that rise by one deviation', (z: number) => z + 1, 150],
    ['scores that fall by one deviation', (z: number) => z - 1, 150],
    ['scores that spread twice as wide', (z: number) => 2 * z, 1500],
  ])('alarms soon on %s', (change, changed, atMost) => {
    const random = generatorOf(3);
    const martingale = ConformalMartingale.begin(Array.from({ length: 100 }, () => scoreOf(random.normal())));
    for (let i = 0; i < 200; i++) martingale.observe(scoreOf(random.normal()), random.uniform());
    expect(martingale.highest).toBeLessThan(1 / rate);
    let delay = 0;
    while (martingale.capital < 1 / rate && delay < 3000) {
      martingale.observe(scoreOf(changed(random.normal())), random.uniform());
      delay++;
    }
    process.stdout.write(`${change}: alarm after ${delay} images\n`);
    expect(delay).toBeLessThanOrEqual(atMost);
  });

  test('goes on from its stored state as if nothing had happened', () => {
    const random = generatorOf(1);
    const scores = Array.from({ length: 60 }, () => [random.uniform(), random.uniform()] as const);
    const whole = ConformalMartingale.begin([0.1, 0.2, 0.9]);
    let parted = ConformalMartingale.begin([0.1, 0.2, 0.9]);
    for (const [score, uniform] of scores) {
      const p = whole.observe(score, uniform);
      parted = ConformalMartingale.resume(JSON.parse(JSON.stringify(parted.state)));
      expect(parted.observe(score, uniform)).toBe(p);
    }
    expect(parted.state).toEqual(whole.state);
  });
});

test('the record of a drift keeps the latest scores only, and what the martingale has seen of all', () => {
  const random = generatorOf(2);
  const calibration = { jobId: 'a job', scores: [0.1, 0.2, 0.3] };
  const observations = Array.from({ length: driftRingLength + 100 }, (_, atMs) => ({
    ...{ atMs, score: random.uniform(), pValue: random.uniform(), uniform: random.uniform() },
  }));
  const record = observeDrift(undefined, calibration, observations);
  expect([record.ring.length, record.ring[0]![0]]).toEqual([driftRingLength, 100]);
  expect(record.martingale.observations).toBe(observations.length);
  const [early, late] = [observations.slice(0, 50), observations.slice(50)];
  expect(observeDrift(observeDrift(undefined, calibration, early), calibration, late)).toEqual(record);
});
