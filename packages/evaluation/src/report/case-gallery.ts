import type { CaseGroup } from './choose-cases.js';
import { type Html, html } from './html.js';
import type { ReportCase } from './report-data.js';
import { round } from './words.js';

const GROUPS: Readonly<Record<CaseGroup, { heading: string; truth: string }>> = {
  missed: { heading: 'Worst: abnormal images with the lowest scores', truth: 'abnormal' },
  falseAlarm: { heading: 'Worst: normal images with the highest scores', truth: 'normal' },
  found: { heading: 'Best: abnormal images with the highest scores', truth: 'abnormal' },
  clear: { heading: 'Best: normal images with the lowest scores', truth: 'normal' },
};

/** The cases by group, the worst first; each as image, heat map over the image, and mask. */
export function caseGallery(cases: readonly ReportCase[]): Html {
  const groups = (Object.keys(GROUPS) as CaseGroup[]).map((group) => ({
    ...GROUPS[group],
    members: cases.filter((one) => one.group === group),
  }));
  return html`${groups
    .filter(({ members }) => members.length > 0)
    .map(
      ({ heading, truth, members }) => html`<h3>${heading}</h3>
      <div class="grid">${members.map((one) => caseFigure(one, truth))}</div>`,
    )}`;
}

function caseFigure({ imageId, name, score, image, overlay, mask }: ReportCase, truth: string): Html {
  const id = imageId === undefined ? undefined : html` data-image="${imageId}"`;
  return html`<figure class="panel"${id}><div class="pictures">
    ${picture(image, 'image', `${name}: the image`)}
    ${picture(overlay, 'heat map', `${name}: the anomaly map over the image`)}
    ${mask && picture(mask, 'mask', `${name}: the true mask`)}
  </div><figcaption>${name} · ${truth} · score ${round(score)}</figcaption></figure>`;
}

function picture(png: Uint8Array, label: string, alt: string): Html {
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64');
  return html`<span><img src="data:image/png;base64,${base64}" alt="${alt}">${label}</span>`;
}
