import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { type InstanceUids, isUid } from '@mediclip/dicom-objects';
import type { DicomIdentity } from '@mediclip/imaging';
import { DicomwebError } from './dicomweb-error.js';

const version = 1;
const keyIdBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + keyIdBytes + nonceBytes + tagBytes;

/**
 * Seals the UIDs of instances with AES-256-GCM: a version, an id of the key, a nonce, the tag and the text. What
 * belongs to one data set cannot be opened as another's.
 *
 * @example
 * const vault = new ReferenceVault(readFileSync(file, 'utf8'));
 * vault.open(vault.seal(uids, datasetId), datasetId); // uids
 */
export class ReferenceVault {
  readonly #key: Buffer;
  readonly #keyId: Buffer;

  /** `secret` is a text of any length that nobody can guess. */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'mediclip dicom references', 32));
    this.#keyId = createHash('sha256').update(this.#key).digest().subarray(0, keyIdBytes);
  }

  seal({ sopClassUid, sopInstanceUid, studyUid, seriesUid }: InstanceUids, datasetId: string): Uint8Array {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(datasetId));
    const text = JSON.stringify([sopClassUid, sopInstanceUid, studyUid, seriesUid]);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([version]), this.#keyId, nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws a DicomwebError `wrong-key` for what another key has sealed, and for bytes that were changed. */
  open(sealed: Uint8Array, datasetId: string): InstanceUids {
    const bytes = Buffer.from(sealed);
    const keyId = bytes.subarray(1, 1 + keyIdBytes);
    if (bytes.length <= headBytes || bytes[0] !== version || !keyId.equals(this.#keyId)) {
      throw new DicomwebError(
        'wrong-key',
        'The references of the images were sealed with another key: give MEDICLIP_DICOM_REFERENCES_KEY_FILE the file of that time.',
      );
    }
    const nonceEnd = 1 + keyIdBytes + nonceBytes;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(1 + keyIdBytes, nonceEnd))
      .setAAD(Buffer.from(datasetId))
      .setAuthTag(bytes.subarray(nonceEnd, headBytes));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString('utf8');
      const [sopClassUid, sopInstanceUid, studyUid, seriesUid] = JSON.parse(text) as [string, string, string, string];
      return { sopClassUid, sopInstanceUid, studyUid, seriesUid };
    } catch (error) {
      throw new DicomwebError(
        'wrong-key',
        'The references of an image have changed since they were sealed: restore them from a backup.',
        { cause: error },
      );
    }
  }
}

/**
 * What seals which instance an image of the data set comes from; undefined without a vault, and for a file without
 * UIDs.
 */
export function sealOf(
  vault: ReferenceVault | undefined,
  datasetId: string,
): ((identity: DicomIdentity) => Uint8Array | undefined) | undefined {
  if (vault === undefined) return undefined;
  return ({ sopClassUid, sopInstanceUid, studyUid, seriesUid }) => {
    if (!isKnown(sopClassUid) || !isKnown(sopInstanceUid) || !isKnown(studyUid) || !isKnown(seriesUid))
      return undefined;
    return vault.seal({ sopClassUid, sopInstanceUid, studyUid, seriesUid }, datasetId);
  };
}

const isKnown = (uid: string | undefined): uid is string => uid !== undefined && isUid(uid);
