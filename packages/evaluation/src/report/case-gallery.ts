import type { CaseGroup } from './choose-cases.js';
import { type Html, html } from './html.js';
import type { ReportCase } from './report-data.js';
import { round } from './words.js';

const caseGroups: Readonly<Record<CaseGroup, { heading: string; truth: string }>> = {
  missed: { heading: 'Worst: abnormal images with the lowest scores', truth: 'abnormal' },
  falseAlarm: { heading: 'Worst: normal images with the highest scores', truth: 'normal' },
  found: { heading: 'Best: abnormal images with the highest scores', truth: 'abnormal' },
  clear: { heading: 'Best: normal images with the lowest scores', truth: 'normal' },
};

/** The cases by group, the worst first; each as image, heat map over the image, and mask. */
export function caseGallery(cases: readonly ReportCase[]): Html {
  const groups = (Object.keys(caseGroups) as CaseGroup[]).map((group) => ({
    ...caseGroups[group],
    members: cases.filter((one) => one.group === group),
  }));
  return html`${groups
    .filter(({ members }) => members.length > 0)
    .map(
      ({ heading, truth, members }) => html`<h3>${heading}</h3>
      <div class="grid">${members.map((one) => caseFigure(one, truth, members.some(hasMask)))}</div>`,
    )}`;
}

const hasMask = ({ mask }: ReportCase): boolean => mask !== undefined;

/** The pictures of a row are as many and as large in each figure: one without a mask says so. */
function caseFigure(
  { imageId, name, score, image, overlay, mask }: ReportCase,
  truth: string,
  withMasks: boolean,
): Html {
  const id = imageId === undefined ? undefined : html` data-image="${imageId}"`;
  const maskPicture = mask
    ? picture(mask, 'mask', `${name}: the true mask`)
    : withMasks
      ? html`<span><span class="none"></span>no mask</span>`
      : undefined;
  return html`<figure class="panel"${id}><div class="pictures">
    ${picture(image, 'image', `${name}: the image`)}
    ${picture(overlay, 'heat map', `${name}: the anomaly map over the image`)}
    ${maskPicture}
  </div><figcaption>${name} · ${truth} · score ${round(score)}</figcaption></figure>`;
}

/** A PNG inside the page, with a label under it. */
export function picture(png: Uint8Array, label: string, alt: string): Html {
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64');
  return html`<span><img src="data:image/png;base64,${base64}" alt="${alt}">${label}</span>`;
}
