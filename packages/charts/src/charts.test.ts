import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { distributionChart, lossChart, plotFrame, type SvgElement } from './index.js';

const ofName = (name: string, { children }: SvgElement): SvgElement[] =>
  children.filter((child): child is SvgElement => typeof child !== 'string' && child.name === name);
const numbersOf = ({ attributes: { x, y, width, height } }: SvgElement) => [x, y, width, height].map(Number);

const score = fc.double({ min: 0, max: 1, noNaN: true });
const scores = fc.array(fc.record({ abnormal: fc.boolean(), score }), { minLength: 1, maxLength: 40 });

test('the bars of a class say where all of it lies, and stay within the frame', () => {
  const { left, right, top, bottom } = plotFrame;
  const middle = (top + bottom) / 2;
  fc.assert(
    fc.property(scores, (given) => {
      const bars = ofName('rect', distributionChart(given, { ends: { low: 0, high: 1 } })).map(numbersOf);
      const heights = { abnormal: 0, normal: 0 };
      for (const [x = 0, y = 0, width = 0, height = 0] of bars) {
        expect(x).toBeGreaterThanOrEqual(left);
        expect(x + width).toBeLessThanOrEqual(right);
        expect(y).toBeGreaterThanOrEqual(top);
        expect(y + height).toBeLessThanOrEqual(bottom);
        heights[y + height / 2 < middle ? 'abnormal' : 'normal'] += height;
      }
      const classes = new Set(given.map(({ abnormal }) => abnormal));
      expect(heights.abnormal > 0).toBe(classes.has(true));
      expect(heights.normal > 0).toBe(classes.has(false));
      // Both classes come to 100 per cent, so their bars are together equally tall, to the rounding of each.
      if (classes.size === 2) expect(Math.abs(heights.abnormal - heights.normal)).toBeLessThan(0.01 * 48);
    }),
  );
});

test('a loss that falls goes down from the left edge to the right one, and the epoch that was kept is named', () => {
  const points = [1, 2, 3].map((x) => ({ x, loss: 1 / x }));
  const chart = lossChart(points, { unit: 'epoch', kept: 2 });
  const curve = ofName('path', chart).find(({ attributes }) => attributes['stroke-width'] === 2);
  const places = [...String(curve?.attributes.d).matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  expect(places.map(([x]) => x)).toEqual([...places.map(([x]) => x)].sort((a, b) => a! - b!));
  expect(places.map(([, y]) => y)).toEqual([...places.map(([, y]) => y)].sort((a, b) => a! - b!));
  expect(ofName('text', chart).flatMap(({ children }) => children)).toContain('epoch 2 used');
});
