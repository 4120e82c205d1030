import { describe, expect, test } from '@jest/globals';
import { shotPreparation, shotsOf } from './job.js';

const image = (...data: number[]) => ({ width: 2, height: 1, data: Uint8Array.from(data) });

describe('shots', () => {
  test('are prepared as they are scored, under the preset of the paper by its training path', () => {
    expect([shotPreparation({ preset: 'default' }), shotPreparation({ preset: 'paper' })]).toEqual(['test', 'train']);
  });

  test('without any colour are greys, one value a pixel', () => {
    expect(shotsOf([image(7, 7, 7, 9, 9, 9), image(1, 1, 1, 2, 2, 2)])).toEqual([image(7, 9), image(1, 2)]);
    expect(shotsOf([image(7, 9)])).toEqual([image(7, 9)]);
  });

  test('of which one has colour all keep three values a pixel', () => {
    const mixed = [image(7, 7, 7, 9, 9, 9), image(1, 1, 1, 2, 3, 2)];
    expect(shotsOf(mixed)).toEqual(mixed);
  });
});
