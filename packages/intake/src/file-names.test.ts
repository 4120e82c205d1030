import { expect, test } from '@jest/globals';
import { hashedNames } from './file-names.js';

test('a hash tells nothing of a name but the format; the same name has the same hash, with another key another', () => {
  const names = hashedNames('key');
  const hash = names.of('Ada Lovelace/scan.PNG');
  expect(hash).toMatch(/^[0-9a-f]{32}\.png$/);
  expect(names.of('Ada Lovelace/scan.PNG')).toBe(hash);
  expect(hashedNames('other').of('Ada Lovelace/scan.PNG')).not.toBe(hash);
  expect(names.of('scan.lovelace')).toMatch(/^[0-9a-f]{32}$/);
  const group = names.ofGroup('Ada Lovelace');
  expect([group, names.ofGroup(group)]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), group]);
  expect(names.inSentence('The image "Ada Lovelace/scan.PNG" has 2 masks.')).toBe(`The image "${hash}" has 2 masks.`);
});
