import type { LayoutKind, PlacedEntry } from './layout.js';

const titles: Readonly<Record<LayoutKind, string>> = {
  lists: "The paper's layout (sample lists)",
  folders: 'The layout in folders',
  defects: 'The layout in folders of defects',
  plain: 'No known layout',
  unknown: 'No known layout',
};

/**
 * What was found, as a sentence:
 * `The layout in folders: 24 training images, 16 normal and 16 abnormal test images, 16 masks.`
 */
export function foundSentence(
  { kind, splits }: { readonly kind: LayoutKind; readonly splits: boolean },
  entries: readonly PlacedEntry[],
  missing: number,
): string {
  const images = entries.filter((entry) => entry.role === 'image');
  const count = (split: string, label: string) =>
    images.filter((image) => image.split === split && image.label === label).length;
  const training = count('train', 'normal');
  const normal = count('test', 'normal');
  const abnormal = count('test', 'abnormal');
  const masks = images.filter(({ mask }) => mask !== undefined).length;
  const main =
    kind === 'plain'
      ? [`${counted(training, 'image')} at the top, taken as normal training images`]
      : [
          counted(training, 'training image'),
          `${normal} normal and ${counted(abnormal, 'abnormal test image')}`,
          counted(masks, 'mask'),
        ];
  const title = splits ? titles[kind] : 'Folders of labels without train and test';
  return `${title}: ${[...main, ...leftOut(entries, missing)].join(', ')}.`;
}

function leftOut(entries: readonly PlacedEntry[], missing: number): string[] {
  const refused = entries.filter(({ role }) => role === 'refused').length;
  const ignored = entries.filter(({ role }) => role === 'ignored').length;
  return [
    ...(refused > 0 ? [`${counted(refused, 'file')} refused`] : []),
    ...(missing > 0 ? [`${counted(missing, 'listed file')} missing`] : []),
    ...(ignored > 0 ? [`${counted(ignored, 'other file')} left out`] : []),
  ];
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
