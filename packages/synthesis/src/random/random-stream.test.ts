import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  expectDrawnFrom,
  expectEvenlySpread,
  expectShare,
  exponential,
  gamma,
  mean,
  normal,
  standardDeviation,
  uniform,
} from '../testing/statistics.js';
import { RandomStream } from './random-stream.js';

const largestSeed = Number.MAX_SAFE_INTEGER;
const largestIndex = 2 ** 32 - 1;
const drawCount = 4000;

const seed = fc.integer({ min: 0, max: largestSeed });
const index = fc.integer({ min: 0, max: largestIndex });
const position = fc.tuple(seed, index, index, index);

function draws(draw: (random: RandomStream) => number, count = drawCount): number[] {
  const random = new RandomStream(7, 1, 2, 3);
  return Array.from({ length: count }, () => draw(random));
}

describe('a random stream', () => {
  test('draws the words of philox: the first of seed, step, sample and purpose 0', () => {
    const fraction = ((0x6627e8d5 >>> 5) * 2 ** 26 + (0xe169c58d >>> 6)) / 2 ** 53;
    expect(new RandomStream(0, 0, 0, 0).uniform()).toBe(fraction);
  });

  test('is a function of seed, step, sample and purpose alone', () => {
    fc.assert(
      fc.property(position, position, fc.integer({ min: 0, max: 20 }), (one, other, between) => {
        const first = new RandomStream(...one);
        const expected = Array.from({ length: 20 }, () => first.uniform());
        const again = new RandomStream(...one);
        const disturber = new RandomStream(...other);
        const actual = expected.map((_, i) => {
          if (i === between) disturber.shuffle([1, 2, 3]);
          return again.uniform();
        });
        expect(actual).toEqual(expected);
      }),
    );
  });

  test('shares no draw with a stream that differs in any of the four', () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 0, max: 3 }), seed, (one, place, value) => {
        const other: [number, number, number, number] = [...one];
        other[place] = place === 0 ? value : value % 2 ** 32;
        fc.pre(other[place] !== one[place]);
        const first = new RandomStream(...one);
        const second = new RandomStream(...other);
        const seen = new Set(Array.from({ length: 20 }, () => first.uniform()));
        for (let i = 0; i < 20; i++) expect(seen.has(second.uniform())).toBe(false);
      }),
    );
  });

  test.each<{ what: string; other: [number, number, number, number] }>([
    { what: 'seed', other: [8, 1, 2, 3] },
    { what: 'upper half of the seed', other: [7 + 2 ** 32, 1, 2, 3] },
    { what: 'step', other: [7, 2, 2, 3] },
    { what: 'sample', other: [7, 1, 3, 3] },
    { what: 'purpose', other: [7, 1, 2, 4] },
  ])('is uncorrelated with that of the next $what', ({ other }) => {
    const neighbour = new RandomStream(...other);
    const products = draws((random) => (random.uniform() - 0.5) * (neighbour.uniform() - 0.5) * 12);
    expect(Math.abs(mean(products))).toBeLessThan(4 / Math.sqrt(drawCount));
  });

  test.each([
    { what: 'a negative seed', seed: -1 },
    { what: 'a fractional seed', seed: 0.5 },
    { what: 'a seed beyond 2^53 - 1', seed: 2 ** 53 },
    { what: 'no number', seed: Number.NaN },
  ])('refuses $what', ({ seed }) => {
    expect(() => new RandomStream(seed, 0, 0, 0)).toThrow(RangeError);
    expect(() => new RandomStream(seed, 0, 0, 0)).toThrow(/give an integer of 0 to 2\^53 - 1/);
  });

  test.each(['step', 'sample', 'purpose'])('refuses a %s that is no 32-bit index, by name', (name) => {
    for (const value of [-1, 0.5, 2 ** 32, Number.NaN]) {
      const at = (which: string) => (which === name ? value : 0);
      expect(() => new RandomStream(0, at('step'), at('sample'), at('purpose'))).toThrow(
        `The random stream's ${name} is`,
      );
    }
  });

  test('takes the largest seed and indices', () => {
    expect(new RandomStream(largestSeed, largestIndex, largestIndex, largestIndex).uniform()).toBeLessThan(1);
  });
});

describe('uniform', () => {
  test('stays in [low, high) whatever the bounds', () => {
    const bound = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(seed, bound, bound, (start, a, b) => {
        fc.pre(a !== b);
        const [low, high] = a < b ? [a, b] : [b, a];
        const random = new RandomStream(start, 0, 0);
        for (let i = 0; i < 10; i++) {
          const value = random.uniform(low, high);
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThan(high);
        }
      }),
    );
  });

  test('is uniform', () => {
    expectDrawnFrom(
      draws((random) => random.uniform()),
      uniform(0, 1),
    );
    expectDrawnFrom(
      draws((random) => random.uniform(-90, 90)),
      uniform(-90, 90),
    );
  });
});

describe('integer', () => {
  test('takes every integer of [low, high) equally often, and no other', () => {
    expectEvenlySpread(
      draws((random) => random.integer(-3, 8)).map((value) => value + 3),
      11,
    );
  });

  test('refuses an empty or fractional range', () => {
    const random = new RandomStream(0, 0, 0);
    for (const [low, high] of [
      [3, 3],
      [4, 3],
      [0, 1.5],
      [Number.NaN, 1],
    ] as const) {
      expect(() => random.integer(low, high)).toThrow(`There is no integer to draw in [${low}, ${high})`);
    }
  });
});

describe('chance and tosses', () => {
  test.each([0, 0.1, 0.5, 1])('chance(%d) is true that often', (probability) => {
    const random = new RandomStream(3, 0, 0);
    expectShare(
      Array.from({ length: drawCount }, () => random.chance(probability)),
      probability,
    );
  });

  test('tosses are fair, and neighbours and words independent', () => {
    const tosses = [...new RandomStream(3, 0, 0).tosses(drawCount)];
    expect(new Set(tosses)).toEqual(new Set([0, 1]));
    for (const lag of [1, 2, 31, 32, 33, 128]) {
      expectShare(
        tosses.slice(lag).map((toss, i) => toss === tosses[i]),
        0.5,
      );
    }
    expectShare(
      tosses.map((toss) => toss === 1),
      0.5,
    );
    expect(new RandomStream(3, 0, 0).tosses(33)).toHaveLength(33);
  });
});

describe('continuous distributions', () => {
  test('normal', () => {
    expectDrawnFrom(
      draws((random) => random.normal()),
      normal(0, 1),
    );
    expectDrawnFrom(
      draws((random) => random.normal(5, 0.2)),
      normal(5, 0.2),
    );
  });

  test('normal tails reach as far as they should', () => {
    const values = draws((random) => random.normal(), 100_000);
    expectShare(
      values.map((value) => Math.abs(value) > 3),
      0.0026998,
    );
    expect(Math.abs(standardDeviation(values) - 1)).toBeLessThan(0.01);
  });

  test('exponential', () => {
    expectDrawnFrom(
      draws((random) => random.exponential(0.1)),
      exponential(0.1),
    );
  });

  test.each([
    { shape: 1, scale: 2 },
    { shape: 2, scale: 0.1 },
    { shape: 3, scale: 30 },
  ])('gamma($shape, $scale)', ({ shape, scale }) => {
    expectDrawnFrom(
      draws((random) => random.gamma(shape, scale)),
      gamma(shape, scale),
    );
  });

  test('gamma of a shape below one: that of a half is a squared normal', () => {
    const halfNormal = (value: number) => 2 * normal(0, 1)(Math.sqrt(value)) - 1;
    expectDrawnFrom(
      draws((random) => random.gamma(0.5, 2)),
      halfNormal,
    );
  });

  test('gamma refuses a shape or scale that is not positive', () => {
    const random = new RandomStream(0, 0, 0);
    for (const [shape, scale] of [
      [0, 1],
      [1, 0],
      [-1, 1],
      [Number.NaN, 1],
    ] as const) {
      expect(() => random.gamma(shape, scale)).toThrow('needs a positive shape and scale');
    }
  });
});

describe('shuffle', () => {
  test('gives a permutation and leaves its argument alone', () => {
    fc.assert(
      fc.property(seed, fc.array(fc.integer()), (start, items) => {
        const before = [...items];
        const shuffled = new RandomStream(start, 0, 0).shuffle(items);
        expect(items).toEqual(before);
        expect([...shuffled].sort()).toEqual([...items].sort());
      }),
    );
  });

  test('gives every permutation equally often', () => {
    const random = new RandomStream(11, 0, 0);
    const orders = ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'];
    expectEvenlySpread(
      Array.from({ length: drawCount }, () => orders.indexOf(random.shuffle(['a', 'b', 'c']).join(''))),
      orders.length,
    );
  });
});
