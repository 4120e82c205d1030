import type { AuditFindings, AuditWarning, Cue, CueFigure } from '@mediclip/contracts';
import { shortcutAuroc } from './cues/cues.js';
import { differIn, type ImageToAudit } from './image-to-audit.js';

/** What people call the cues. */
export const cueWords: Readonly<Record<Cue, string>> = {
  width: 'the width in pixels',
  height: 'the height in pixels',
  sideRatio: 'the ratio of width to height',
  format: 'the file format',
  bitDepth: 'the number of bits a pixel',
  compressionQuality: 'how much the file was compressed',
  mean: 'the mean brightness',
  deviation: 'the contrast',
  sharpness: 'the sharpness',
  blackBorder: 'the share of black border',
  edgeMarks: 'marks or text at the edge',
};

/**
 * Warnings in plain words, the gravest first: what was found, what it means, what to do. They name no file, so that
 * they need not change when an image is deleted.
 */
export function warningsOf(
  images: readonly ImageToAudit[],
  groups: readonly (readonly number[])[],
  copies: AuditFindings['copies'],
  cues: readonly CueFigure[],
): AuditWarning[] {
  const acrossSplits = groups.filter((group) => differIn(images, group, 'split'));
  const acrossLabels = groups.filter((group) => differIn(images, group, 'label'));
  const within = groups.filter((group) => !differIn(images, group, 'split') && !differIn(images, group, 'label'));
  const copiesWithin = within.reduce((sum, group) => sum + group.length - 1, 0);
  const tests = images.filter(({ split }) => split === 'test').length;
  return [
    ...(acrossSplits.length > 0
      ? [
          {
            kind: 'copies-across-splits' as const,
            sentence:
              `${copies.testInTraining} of ${tests} test images are copies of training images: a model has seen them, and its figures ` +
              'are too good. Remove them from the test images, or read the figures without them.',
          },
        ]
      : []),
    ...(acrossLabels.length > 0
      ? [
          {
            kind: 'copies-across-labels' as const,
            sentence:
              `${counted(acrossLabels.length, 'picture is', 'pictures are')} labelled normal in one place and abnormal in another: one of the labels is wrong. ` +
              'Look at both and remove one.',
          },
        ]
      : []),
    ...cues.filter(({ auroc }) => auroc > shortcutAuroc).map(shortcutWarning),
    ...(copiesWithin > 0
      ? [
          {
            kind: 'copies' as const,
            sentence:
              `${counted(copiesWithin, 'image is a copy', 'images are copies')} of another one of the same part and label: the data set is smaller than it looks, and intervals ` +
              'are wider than they say. Keep one of each.',
          },
        ]
      : []),
  ];
}

function shortcutWarning({ cue, auroc, higherIn }: CueFigure): AuditWarning {
  const more = cue === 'format' ? '' : ` (higher in ${higherIn} images)`;
  return {
    kind: 'shortcut',
    sentence:
      `${capital(cueWords[cue])} alone tells normal from abnormal test images with an AUROC of ${auroc.toFixed(2)}${more}: a model may read this instead of the disease. ` +
      'Take normal and abnormal images from the same scanner, export and cropping.',
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
