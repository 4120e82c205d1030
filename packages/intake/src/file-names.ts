import { createHmac } from 'node:crypto';

/** What becomes of the names of files and groups that people send. */
export interface FileNames {
  /** The name in place of one that was sent. */
  of(fileName: string): string;
  /** The name in place of that of a group, or of one that this has answered before. */
  ofGroup(group: string): string;
  /** A sentence with such names in place of those that it quotes. */
  inSentence(sentence: string): string;
}

/** Names as they were sent. */
export const keptNames: FileNames = {
  of: (fileName) => fileName,
  ofGroup: (group) => group,
  inSentence: (sentence) => sentence,
};

const hashDigits = 32;
/** What may stand behind a name without telling anything. */
const extension = /\.(?:png|jpe?g|webp|tiff?|bmp|gif|dcm|dicom|nii|nii\.gz)$/i;
/** Groups that are hashes already, of names or of the content of files. */
const told = /^(?:(?:series|study|patient|volume)-)?[0-9a-f]{32}$/;
const quoted = /"(?:[^"\\]|\\.)*"/g;

/**
 * Hashes in place of names: the first 128 bits of HMAC-SHA-256 with `key`, so that the same name always becomes the
 * same hash, and nobody without the key can find a name by trying; and the extension of an image format.
 */
export function hashedNames(key: string): FileNames {
  const hash = (name: string) => createHmac('sha256', key).update(name).digest('hex').slice(0, hashDigits);
  const of = (fileName: string) => `${hash(fileName)}${extension.exec(fileName)?.[0].toLowerCase() ?? ''}`;
  const ofGroup = (group: string) => (told.test(group) ? group : hash(group));
  return { of, ofGroup, inSentence: (sentence) => sentence.replaceAll(quoted, (name) => `"${of(textOf(name))}"`) };
}

function textOf(quotedName: string): string {
  try {
    return JSON.parse(quotedName) as string;
  } catch {
    return quotedName.slice(1, -1);
  }
}
