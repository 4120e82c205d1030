import type { Label, Split } from '@mediclip/contracts';

const encodedSeparator = /%(?:2f|5c)/gi;
/** Begins with a letter: the last number of a DICOM UID is no extension. */
const extension = /\.[a-z][^./]{0,11}$/i;
const maskSuffix = /[ _.-](?:masks?|seg|segmentation|gt|ground[ _-]?truth)(?:[ _.-]?\d{1,4})?$/i;
const thumbnailSuffix = /[ _.-]thumb(?:nail)?$/i;

const splits: Readonly<Record<string, Split>> = { train: 'train', training: 'train', test: 'test', testing: 'test' };

const normalWords = ['normal', 'normals', 'good', 'healthy', 'ok', 'negative'];
const abnormalWords = [
  ...['abnormal', 'abnormals', 'anomaly', 'anomalies', 'anomalous', 'defect', 'defects', 'defective'],
  ...['bad', 'diseased', 'positive'],
];
const labels = new Map<string, Label>([
  ...normalWords.map((word) => [word, 'normal'] as const),
  ...abnormalWords.map((word) => [word, 'abnormal'] as const),
]);

/** Names of folders of masks. */
const maskFolder = /^(?:masks?|ground[ _-]?truths?|ground_true|gt|segmentations?)$/i;

/**
 * The path that a name stands for, as segments: with `\` and percent-encoded separators as `/`, in Unicode's composed
 * form (NFC), and without empty segments and `.`.
 */
export function segmentsOf(name: string): string[] {
  return name
    .replace(encodedSeparator, '/')
    .replaceAll('\\', '/')
    .normalize('NFC')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
}

export const splitOf = (word: string): Split | undefined => splits[word.toLowerCase()];

/** The label that a word or digit stands for: 0 and 1, or a name of a folder of normal or abnormal images. */
export function labelOf(word: string): Label | undefined {
  const folded = word.trim().toLowerCase();
  if (folded === '0') return 'normal';
  if (folded === '1') return 'abnormal';
  return labels.get(folded);
}

/** The label that a folder's name stands for. */
export const folderLabelOf = (name: string): Label | undefined => labels.get(name.toLowerCase());

export const isMaskFolder = (name: string): boolean => maskFolder.test(name);

export const withoutExtension = (name: string): string => name.replace(extension, '');

/** `a` of `a_mask`, `a.mask`, `a_mask_2`; undefined of a name that does not end like a mask's. */
export const withoutMaskSuffix = (stem: string): string | undefined => withoutSuffix(stem, maskSuffix);

/** `a` of `a_thumb`, `a.thumbnail`; undefined of a name that does not end like a thumbnail's. */
export const withoutThumbnailSuffix = (stem: string): string | undefined => withoutSuffix(stem, thumbnailSuffix);

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function withoutSuffix(stem: string, suffix: RegExp): string | undefined {
  const shorter = stem.replace(suffix, '');
  return shorter === stem || shorter === '' || shorter.endsWith('/') ? undefined : shorter;
}
