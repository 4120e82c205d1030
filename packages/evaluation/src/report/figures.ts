import type { Figure, ThresholdFigure } from '../outcome.js';
import { type Html, html } from './html.js';
import type { ReportData } from './report-data.js';
import { count, intervalInWords, percent, round, shareInWords } from './words.js';

/** The figures of whole images and what each of them means. */
export function imageFigures({ image }: ReportData): Html {
  return html`<div class="grid">
    ${panel('AUROC', image.auroc, 'The chance that an abnormal image, drawn at random, scores higher than a normal one. 0.5 is guessing, 1 is perfect.')}
    ${panel('Average precision', image.averagePrecision, 'How many of the flagged images are truly abnormal, averaged over all thresholds. It depends on how many abnormal images the test set holds.')}
    ${panel('Best F1', image.f1Max, 'The best balance of finding abnormal images and not flagging normal ones. The threshold was chosen with the labels known, so a new set will do a little worse.')}
    ${image.sensitivityAtSpecificity.map(({ specificity, sensitivity }) =>
      panel(
        `Sensitivity at specificity ${specificity}`,
        sensitivity,
        `The share of abnormal images found when at most ${Math.round(100 * (1 - specificity))}% of the normal images may be flagged.`,
      ),
    )}
  </div>`;
}

/** The figures of groups; nothing where no image has one. */
export function groupSection({ groups }: ReportData): Html | undefined {
  if (!groups) return undefined;
  const { normalGroups, abnormalGroups, highest } = groups;
  return html`<section aria-labelledby="group-figures"><h2 id="group-figures">Is the patient, the series, the volume abnormal?</h2>
  <p>The images are of ${count(normalGroups, 'normal group')} and ${count(abnormalGroups, 'abnormal group')}. A group has the mean of
    its ${highest} highest scores, and is abnormal where one of its images is.</p>
  <div class="grid">
    ${panel('AUROC of groups', groups.auroc, 'The chance that an abnormal group, drawn at random, scores higher than a normal one. The interval comes from drawing groups.')}
    ${panel('AUROC of images, by groups', groups.imageAuroc, 'The figure of the images, with an interval that comes from drawing whole groups: images of one group are alike, and the interval above takes them as independent.')}
  </div></section>`;
}

/** The figures of pixels, or why there are none. */
export function pixelFigures({ pixel, dataset: { maskShares } }: ReportData): Html {
  if (!pixel) return html`<p>No abnormal image has a mask, so nothing can be said about where the model looks.</p>`;
  const aupro = pixel.aupro.find(({ limit }) => limit === 0.3);
  const { resolution } = pixel;
  return html`<div class="grid">
    ${panel('Pixel AUROC', pixel.auroc, 'The chance that a pixel of a lesion, drawn at random, is hotter in the map than a normal pixel. Large normal areas make it look good.')}
    ${panel('Pixel average precision', pixel.averagePrecision, 'How much of the hot area is truly lesion, averaged over all thresholds.')}
    ${aupro && panel('Per-region overlap (AUPRO to 0.3)', aupro.area, 'How well lesions are covered when small ones count as much as large ones, while at most 30% of the normal area is hot.')}
    ${panel('Best Dice', pixel.bestDice, 'The largest overlap of the hot area and the masks over all thresholds, chosen with the masks known.')}
    ${pixel.thresholdDice && panel('Dice at the calibrated threshold', pixel.thresholdDice, 'The overlap of the masks and of the area at or above the calibrated threshold of the map, which was chosen without these images.')}
  </div>
  ${
    maskShares &&
    html`<p>The masks mark ${percent(maskShares.smallest)} to ${percent(maskShares.largest)} of their images, half of them less than ${percent(maskShares.median)}. The smaller a lesion,
    the harder it is to outline, and the lower are precision and Dice.</p>`
  }
  <p class="quiet">From ${pixel.regions} lesions in ${pixel.abnormalImages} masks and ${pixel.images} maps.
    ${resolution.exact ? 'Computed without rounding.' : `Map values were rounded to count them; the AUROC is exact to ${resolution.errorBounds.auroc.toExponential(0)}.`}</p>`;
}

/**
 * What the model would have said with a threshold: the calibrated one, or else the one that suits these images best.
 */
export function decisionSection(data: ReportData): { threshold: number | undefined; text: Html } {
  const { calibration, manualThreshold, image, scores, groupPromise } = data;
  const best = image.f1Max.defined ? image.f1Max.threshold : null;
  const chosen = manualThreshold ?? calibration;
  const threshold = chosen?.threshold ?? best ?? undefined;
  if (threshold === undefined)
    return { threshold, text: html`<p>There is no threshold: the model is not calibrated.</p>` };
  const flagged = (abnormal: boolean) => {
    const ofClass = scores.filter((one) => one.abnormal === abnormal);
    const above = ofClass.filter((one) => (chosen ? isAbove(one, chosen) : one.score >= threshold)).length;
    return shareInWords(above, ofClass.length, abnormal ? 'abnormal images' : 'normal images');
  };
  const origin = manualThreshold
    ? 'It was set by hand: it has no guarantee.'
    : calibration
      ? (groupPromise ??
        `It was calibrated on ${calibration.images} normal images so that at most ${round(100 * calibration.alpha).replace(/\.?0+$/, '')}% of new normal images like them are flagged.`)
      : 'The model is not calibrated: this threshold is the one with the best F1 on these very images, which flatters the model.';
  const text = html`<p>With the threshold ${round(threshold)} the model flags <strong>${flagged(true)}</strong> and
    <strong>${flagged(false)}</strong>. ${origin}</p>`;
  return { threshold, text };
}

/** As `decisionOf` decides. */
function isAbove(
  { score, logit }: ReportData['scores'][number],
  chosen: { readonly threshold: number; readonly thresholdLogit?: number | undefined },
): boolean {
  return logit !== undefined && chosen.thresholdLogit !== undefined
    ? logit > chosen.thresholdLogit
    : score > chosen.threshold;
}

function panel(name: string, figure: Figure | ThresholdFigure, meaning: string): Html {
  if (!figure.defined) {
    return html`<section class="panel"><h3>${name}</h3><p class="value">not known</p><p>${figure.reason}</p></section>`;
  }
  const threshold = 'threshold' in figure && figure.threshold !== null ? ` Threshold ${round(figure.threshold)}.` : '';
  return html`<section class="panel"><h3>${name}</h3><p class="value">${round(figure.value)}</p>
    <p>${sentence(intervalInWords(figure.interval))}${threshold}</p><p class="quiet">${meaning}</p></section>`;
}

function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return capital.endsWith('.') ? capital : `${capital}.`;
}
