import type { Cue, CueFigure, Image } from '@mediclip/contracts';
import { imageAuroc } from '@mediclip/evaluation';
import type { ImageTraits } from '@mediclip/imaging';

/** What the cues of an image are read from. */
export type CueSource = Pick<Image, 'width' | 'height' | 'format'> & Omit<ImageTraits, 'pixelDigest' | 'thumbnail'>;

/** From this AUROC on a cue is a warning. */
export const shortcutAuroc = 0.7;

type NumericCue = Exclude<Cue, 'format'>;

const measures: Readonly<Record<NumericCue, (image: CueSource) => number>> = {
  width: ({ width }) => width,
  height: ({ height }) => height,
  sideRatio: ({ width, height }) => width / height,
  bitDepth: ({ bitDepth }) => bitDepth,
  compressionQuality: ({ compressionQuality }) => compressionQuality,
  mean: ({ mean }) => mean,
  deviation: ({ deviation }) => deviation,
  sharpness: ({ sharpness }) => sharpness,
  blackBorder: ({ blackBorder }) => blackBorder,
  edgeMarks: ({ edgeMarks }) => edgeMarks,
};

/**
 * The values of a cue. A format counts as the share of abnormal images among those that have it: the most that anybody
 * could read from it.
 */
export function cueValues(cue: Cue, images: readonly CueSource[], abnormal: readonly boolean[]): number[] {
  if (cue !== 'format') return images.map(measures[cue]);
  const counts = new Map<string, { all: number; abnormal: number }>();
  for (const [i, { format }] of images.entries()) {
    const count = counts.get(format) ?? { all: 0, abnormal: 0 };
    counts.set(format, { all: count.all + 1, abnormal: count.abnormal + Number(abnormal[i]) });
  }
  return images.map(({ format }) => {
    const count = counts.get(format);
    return count ? count.abnormal / count.all : 0;
  });
}

/**
 * How well each cue alone tells normal from abnormal images, the best first; nothing where one of the labels is
 * missing.
 */
export function cueFigures(images: readonly CueSource[], abnormal: readonly boolean[]): CueFigure[] {
  const cues: Cue[] = [...(Object.keys(measures) as NumericCue[]), 'format'];
  return cues
    .flatMap((cue): CueFigure[] => {
      const auroc = imageAuroc(cueValues(cue, images, abnormal), abnormal);
      if (!auroc.defined) return [];
      const { value } = auroc;
      return [{ cue, auroc: Math.max(value, 1 - value), higherIn: value >= 0.5 ? 'abnormal' : 'normal' }];
    })
    .sort((a, b) => b.auroc - a.auroc);
}
