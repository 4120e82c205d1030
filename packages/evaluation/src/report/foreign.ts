import { picture } from './case-gallery.js';
import { type Html, html } from './html.js';
import type { ForeignCase, ReportData } from './report-data.js';
import { count, figureInWords } from './words.js';

/** How many test images are of another kind, what that means and what to do; nothing where the model does not tell. */
export function foreignSummary({ foreign, image }: ReportData): Html | undefined {
  if (foreign === undefined) return undefined;
  const images = count(image.normalImages + image.abnormalImages, 'test image');
  if (foreign.count === 0) return html`<p>None of the ${images} is of another kind than the model knows.</p>`;
  const [are, their, them] = foreign.count === 1 ? ['is', 'its score says', 'it'] : ['are', 'their scores say', 'them'];
  return html`<p><strong>${foreign.count} of the ${images} ${are} not the kind of image that the model knows</strong>: ${their} nothing about disease.
  Without ${them} the AUROC is <strong>${figureInWords(foreign.aurocWithout)}</strong>. Look at ${them} below: what does not belong among the test images
  should leave them, and if such images are usual here, the model needs normal ones like them.</p>`;
}

const why = {
  'other-kind': 'another kind of image',
  inverted: 'its greys look inverted, as those of a negative',
} as const satisfies Record<ForeignCase['foreign'], string>;

/** The images of another kind: pictures of the first ones, names of the others. */
export function foreignSection({ foreign }: ReportData): Html | undefined {
  if (foreign === undefined || foreign.count === 0) return undefined;
  const { cases } = foreign;
  const figures = cases.flatMap(({ image, ...one }) => (image ? foreignFigure(one, image) : []));
  const named = cases.filter(({ image }) => image === undefined);
  const more = foreign.count - cases.length;
  return html`<section aria-labelledby="foreign"><h2 id="foreign">Not the kind of image that the model knows</h2>
<div class="grid">${figures}</div>
${named.length > 0 ? html`<ul>${named.map((one) => html`<li data-image="${one.imageId}">${wordsOf(one)}</li>`)}</ul>` : undefined}
${more > 0 ? html`<p>${count(more, 'more image')} of another kind.</p>` : undefined}
</section>`;
}

function foreignFigure(one: Omit<ForeignCase, 'image'>, image: Uint8Array): Html {
  return html`<figure class="panel" data-image="${one.imageId}"><div class="pictures">
    ${picture(image, 'image', `${one.name}: the image`)}
  </div><figcaption>${wordsOf(one)}</figcaption></figure>`;
}

const wordsOf = ({ name, label, foreign }: ForeignCase): string => `${name} · ${label} · ${why[foreign]}`;
