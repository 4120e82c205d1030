import { describe, expect, test } from '@jest/globals';
import { memoryOfContainer, memoryShares } from './memory.js';
import { parseSettings } from './settings.js';

const GiB = 2 ** 30;

describe('the memory of a process', () => {
  test('is shared out so that with 2 GiB a quarter is left when all of it is taken', () => {
    const bytes = Object.values(memoryShares(2 * GiB)).reduce((sum, share) => sum + share);
    expect(200 * 2 ** 20 + bytes).toBeLessThan(1.65 * GiB);
    // A picture of 64 million pixels in WebP, which takes most of those that are no JPEG 2000.
    expect(memoryShares(2 * GiB).decodingBytes).toBeGreaterThan(64e6 * 13);
  });

  test('is what MEDICLIP_MEMORY_LIMIT says, by default what the container may have', () => {
    expect(parseSettings({ MEDICLIP_MEMORY_LIMIT: String(GiB) }).memory).toEqual(memoryShares(GiB));
    expect(parseSettings({}).memory).toEqual(memoryShares(memoryOfContainer()));
  });
});
