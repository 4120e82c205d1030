import { afterEach, expect, jest, test } from '@jest/globals';
import { announce, announcement } from './announce.js';

afterEach(() => {
  jest.useRealTimers();
});

test('screen readers are told one sentence in five seconds, of several the latest', () => {
  jest.useFakeTimers();
  const heard: string[] = [];
  const stop = announcement.subscribe((sentence) => heard.push(sentence));
  announce('10 percent.');
  announce('20 percent.');
  announce('30 percent.');
  jest.advanceTimersByTime(4999);
  expect(heard).toEqual(['', '10 percent.']);
  jest.advanceTimersByTime(1);
  expect(heard).toEqual(['', '10 percent.', '30 percent.']);
  jest.advanceTimersByTime(60_000);
  expect(heard).toHaveLength(3);
  stop();
});
