import type { Label, Split } from '@mediclip/contracts';

const encodedSeparator = /%(?:2f|5c)/gi;
/** Begins with a letter: the last number of a DICOM UID is no extension. */
const extension = /(?:\.nii)?\.[a-z][^./]{0,11}$/i;
const maskSuffix = /[ _.-](?:masks?|seg|segmentation|gt|labels?|ground[ _-]?truth)(?:[ _.-]?\d{1,4})?$/i;
const maskPrefix = /(?<=^|\/)(?:masks?|seg|segmentation|gt)[ _.-](?=[^/]+$)/i;
const thumbnailSuffix = /[ _.-]thumb(?:nail)?$/i;

const splits: Readonly<Record<string, Split>> = { train: 'train', training: 'train', test: 'test', testing: 'test' };

/** Compared without spaces, `_` and `-`. */
const normalWords = [
  ...['normal', 'normals', 'good', 'healthy', 'ok', 'negative', 'no'],
  ...['notumor', 'notumour', 'nofinding', 'nofindings', 'control', 'controls'],
];
const abnormalWords = [
  ...['abnormal', 'abnormals', 'anomaly', 'anomalies', 'anomalous', 'defect', 'defects', 'defective'],
  ...['bad', 'diseased', 'positive', 'yes', 'ungood', 'notgood', 'ng', 'ko', 'tumor', 'tumour', 'unhealthy'],
];
const labels = new Map<string, Label>([
  ...normalWords.map((word) => [word, 'normal'] as const),
  ...abnormalWords.map((word) => [word, 'abnormal'] as const),
]);

/** Names of folders of masks. */
const maskFolder = /^(?:masks?|ground[ _-]?truths?|ground_true|gt|segmentations?|labels?|annotations?)$/i;
/** Names of folders of images beside those of their masks. */
const imageFolder = /^(?:images?|imgs?)$/i;

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

/** The split that a folder's name stands for. */
export const splitOf = (word: string): Split | undefined => splits[word.toLowerCase()];

/** The label that a word or digit stands for: 0 and 1, or a name of a folder of normal or abnormal images. */
export function labelOf(word: string): Label | undefined {
  const trimmed = word.trim();
  if (trimmed === '0') return 'normal';
  if (trimmed === '1') return 'abnormal';
  return folderLabelOf(trimmed);
}

/** The label that a folder's name stands for. */
export const folderLabelOf = (name: string): Label | undefined => labels.get(name.toLowerCase().replace(/[ _-]/g, ''));

/** Whether a folder of this name holds masks. */
export const isMaskFolder = (name: string): boolean => maskFolder.test(name);

/** Whether a folder of this name holds the images that lie beside a folder of their masks. */
export const isImageFolder = (name: string): boolean => imageFolder.test(name);

export const withoutExtension = (name: string): string => name.replace(extension, '');

/** `a` of `a_mask`, `a.mask`, `a_mask_2`; undefined of a name that does not end like a mask's. */
export const withoutMaskSuffix = (stem: string): string | undefined => without(stem, maskSuffix);

/** The same, also `a` of `mask_a`. */
export const withoutMaskMark = (stem: string): string | undefined =>
  withoutMaskSuffix(stem) ?? without(stem, maskPrefix);

/** `a` of `a_thumb`, `a.thumbnail`; undefined of a name that does not end like a thumbnail's. */
export const withoutThumbnailSuffix = (stem: string): string | undefined => without(stem, thumbnailSuffix);

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function without(stem: string, mark: RegExp): string | undefined {
  const shorter = stem.replace(mark, '');
  return shorter === stem || shorter === '' || shorter.endsWith('/') ? undefined : shorter;
}
