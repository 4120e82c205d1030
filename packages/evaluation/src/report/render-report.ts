import { intendedUse, misuse } from '../model-card/model-card.js';
import { auditSection } from './audit.js';
import { caseGallery } from './case-gallery.js';
import { colourBar } from './colour-bar.js';
import { comparisonSection } from './comparison.js';
import { distributionPlot, lossPlot, precisionRecallPlot, rocPlot } from './curves.js';
import { decisionSection, groupSection, imageFigures, pixelFigures } from './figures.js';
import { foreignSection, foreignSummary } from './foreign.js';
import { type Html, html } from './html.js';
import type { ReportData } from './report-data.js';
import { styleSheet } from './style.js';
import { count, figureInWords, round } from './words.js';

/**
 * The report of an evaluation as one HTML page that needs nothing from outside: style, plots (SVG) and pictures (data
 * URIs) are inside. All texts are escaped. Equal data give equal pages.
 */
export function renderReport(data: ReportData): string {
  const { image, dataset, modelName } = data;
  const { threshold, text: decision } = decisionSection(data);
  const leftOut = [
    dataset.rejected > 0 && ` ${count(dataset.rejected, 'image')} could not be scored; no figure counts them.`,
    dataset.copies > 0 && ` ${count(dataset.copies, 'image')} left out: copies of others, which count once.`,
    dataset.learned > 0 && ` ${count(dataset.learned, 'image')} left out: the model has learned from them.`,
  ].filter((sentence) => sentence !== false);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of ${modelName} on ${dataset.name}</title>
<style>${styleSheet}</style>
</head>
<body>
<header>
<h1>Evaluation of ${modelName} on ${dataset.name}</h1>
<p class="quiet">Made on <time datetime="${data.createdAt}">${data.createdAt.slice(0, 10)}</time> from ${count(image.normalImages, 'normal image')}
  and ${count(image.abnormalImages, 'abnormal image')}, ${dataset.masks} of them with a mask.${leftOut.join('')}</p>
<p class="notice">This is a research tool, not a medical device. Nothing on this page may guide the care of a patient.</p>
</header>
<main>
<section aria-labelledby="summary"><h2 id="summary">In short</h2>
<p>AUROC: <strong>${figureInWords(image.auroc)}</strong>.</p>
${foreignSummary(data)}
${decision}
<p class="quiet">A 95% interval is made so that 95 of 100 such intervals, each from new images of the same kind, would hold the true figure. A
  wide interval means that there are too few images to be sure.</p></section>
${foreignSection(data)}
${auditSection(data)}
<section aria-labelledby="image-figures"><h2 id="image-figures">Is the image abnormal?</h2>
${imageFigures(data)}
<div class="grid plots">
${plotFigure('Scores of both classes', distributionPlot(data.scores, threshold), 'Scores of the abnormal images (above the middle) and of the normal images (below it). The less the two overlap, the better.')}
${plotFigure('ROC curve', rocPlot(image), 'Each point is a threshold. The nearer the curve comes to the upper left corner, the better; the dashed diagonal is guessing.')}
${plotFigure('Precision and recall', precisionRecallPlot(image), 'Each step is a threshold. The dashed line is what guessing gives with this share of abnormal images.')}
</div></section>
${groupSection(data)}
${comparisonSection(data)}
<section aria-labelledby="pixel-figures"><h2 id="pixel-figures">Where is it abnormal?</h2>
${pixelFigures(data)}</section>
${casesSection(data)}
${historySection(data)}
<section aria-labelledby="model-card"><h2 id="model-card">Model card</h2>
<p><strong>Intended use.</strong> ${intendedUse}</p>
<p><strong>Must not be used for.</strong> ${misuse}</p>
<table><caption class="quiet">What the model is and what it was made from.</caption><tbody>
${[...data.modelCard, { name: 'Tested on', value: `${dataset.name} (${dataset.digest})` }].map(
  ({ name, value }) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
)}
</tbody></table></section>
${limitsSection(data)}
</main>
</body>
</html>
`;
  return page.text;
}

function plotFigure(title: string, plot: Html, caption: string): Html {
  return html`<figure class="panel"><h3>${title}</h3>${plot}<figcaption>${caption}</figcaption></figure>`;
}

function casesSection({ cases, regionThreshold }: ReportData): Html | undefined {
  if (cases.length === 0) return undefined;
  return html`<section aria-labelledby="cases"><h2 id="cases">Best and worst cases</h2>
<p>These are the extremes, not typical images. A heat map is clear where the model finds nothing unlike the normal images, and coloured from
  the white contour on, where the map is at least ${round(regionThreshold)}.</p>
${colourBar(regionThreshold)}
${caseGallery(cases)}</section>`;
}

function historySection({ history, selectedEpoch }: ReportData): Html | undefined {
  if (history.length === 0) return undefined;
  return html`<section aria-labelledby="history"><h2 id="history">How the model was adapted</h2>
<div class="grid plots">
${plotFigure('Loss', lossPlot(history, selectedEpoch), 'Training loss (solid) and, where it was measured, loss on held-out synthetic anomalies (dashed). No test image was used.')}
</div></section>`;
}

function limitsSection({ image, pixel, groups }: ReportData): Html {
  const few = image.normalImages < 50 || image.abnormalImages < 50;
  return html`<section aria-labelledby="limits"><h2 id="limits">Limits of use</h2>
<ul>
<li>The model knows normal images of one kind only. Another scanner, protocol, region of the body or group of patients can change its scores without
  any sign of it; evaluate again before you trust it there.</li>
<li>It says that an image is unlike the normal ones, not why. Artefacts and rare normal anatomy can score high, and subtle disease low.</li>
<li>The intervals take images as independent${groups ? ', but for those by groups' : ''}. Several images of one patient make the true uncertainty larger than shown.</li>
<li>A calibrated threshold keeps its promise only for new images of the same kind as those it was calibrated on.</li>
${few ? html`<li>Fewer than 50 images of a class were tested: differences of some hundredths in any figure mean little.</li>` : undefined}
${pixel ? html`<li>Pixel figures are measured against masks that people drew; their edges are uncertain too.</li>` : undefined}
</ul></section>`;
}
