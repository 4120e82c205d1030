import { describe, expect, test } from '@jest/globals';
import { imageErrorOf } from './vips.js';

const codeOf = (message: string) => imageErrorOf(new Error(message), 'PNG', 1000).code;

describe('what a failure of the decoder says', () => {
  test.each([
    ['timeout: 20% complete', 'timed-out'],
    ['vips_malloc: out of memory --- size == 512MB', 'out-of-memory'],
    ['Insufficient memory (case 4)', 'out-of-memory'],
    ['tiff2vips: unsupported tiff image type', 'unsupported-encoding'],
    ['Sorry, arithmetic coding is not implemented', 'unsupported-encoding'],
    ['Input buffer has corrupt header: pngload_buffer: end of stream', 'corrupt-image'],
  ])('%s', (message, code) => {
    expect(codeOf(message)).toBe(code);
  });

  test('the detail stays', () => {
    const { message } = imageErrorOf(new Error('first\nInput buffer has corrupt header: end of stream\n'), 'PNG', 1);
    expect(message).toBe('The PNG file is damaged or cut short (end of stream); save it anew or leave it out.');
  });
});
