import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DicomwebError } from './dicomweb-error.js';
import { ReferenceVault, sealOf } from './reference-vault.js';

const uid = fc.array(fc.nat({ max: 2 ** 31 }), { minLength: 1, maxLength: 5 }).map((numbers) => numbers.join('.'));
const uids = fc.record({ sopClassUid: uid, sopInstanceUid: uid, studyUid: uid, seriesUid: uid });
const example = { sopClassUid: '1.2', sopInstanceUid: '1.2.3', studyUid: '1.2.4', seriesUid: '1.2.5' };
const vault = new ReferenceVault('s'.repeat(44));
const opening = (by: ReferenceVault, sealed: Uint8Array, datasetId = 'a') => {
  try {
    return by.open(sealed, datasetId);
  } catch (error) {
    if (error instanceof DicomwebError) return `${error.code}: ${error.message}`;
    throw error;
  }
};

describe('a sealed reference', () => {
  test('opens with its key and nothing of it can be read without', () => {
    fc.assert(
      fc.property(uids, fc.string(), (instance, datasetId) => {
        const sealed = vault.seal(instance, datasetId);
        expect(new ReferenceVault('s'.repeat(44)).open(sealed, datasetId)).toEqual(instance);
      }),
    );
    expect(Buffer.from(vault.seal(example, 'a')).includes('1.2.3')).toBe(false);
  });

  test('is never the same twice, so that equal instances cannot be told', () => {
    const sealed = Array.from({ length: 20 }, () => Buffer.from(vault.seal(example, 'a')).toString('hex'));
    expect(new Set(sealed).size).toBe(20);
  });

  test('does not open with any bit changed, cut, or lengthened', () => {
    const sealed = vault.seal(example, 'a');
    fc.assert(
      fc.property(fc.nat({ max: sealed.length * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(sealed);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(opening(vault, changed)).toMatch(/^wrong-key: /);
      }),
    );
    for (let length = 0; length < sealed.length; length++) {
      expect(opening(vault, sealed.subarray(0, length))).toMatch(/^wrong-key: /);
    }
    expect(opening(vault, Buffer.concat([sealed, Buffer.from('x')]))).toMatch(/have changed since they were sealed/);
  });

  test('does not open as that of another data set', () => {
    expect(opening(vault, vault.seal(example, 'a'), 'b')).toMatch(/^wrong-key: /);
  });

  test('says with another key which setting has to be mended', () => {
    expect(opening(new ReferenceVault('t'.repeat(44)), vault.seal(example, 'a'))).toBe(
      'wrong-key: The references of the images were sealed with another key: give MEDICLIP_DICOM_REFERENCES_KEY_FILE the file of that time.',
    );
  });
});

describe('what a file says of itself', () => {
  const identity = { ...example, manufacturer: undefined, seriesDescription: undefined, hasPixels: true };

  test('is sealed where all four UIDs are UIDs, and not kept at all otherwise', () => {
    const seal = sealOf(vault, 'a')!;
    expect(vault.open(seal(identity)!, 'a')).toEqual(example);
    expect(seal({ ...identity, seriesUid: undefined })).toBeUndefined();
    expect(seal({ ...identity, studyUid: 'Mustermann^Erika' })).toBeUndefined();
    expect(seal({ ...identity, sopInstanceUid: '1'.repeat(65) })).toBeUndefined();
  });

  test('is not asked for without a key', () => {
    expect(sealOf(undefined, 'a')).toBeUndefined();
  });
});
