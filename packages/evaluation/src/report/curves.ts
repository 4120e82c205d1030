import { distributionChart, lossChart, precisionRecallChart, rocChart, type SvgElement } from '@mediclip/charts';
import type { ImageMetrics } from '../image/image-metrics.js';
import { Html, html } from './html.js';
import type { EpochFigures, ReportData } from './report-data.js';
import { figureInWords } from './words.js';

export function rocPlot({ auroc, roc }: ImageMetrics): Html {
  return roc.defined ? inText(rocChart(roc.points, figureInWords(auroc))) : html`<p>${roc.reason}</p>`;
}

export function precisionRecallPlot({ averagePrecision, precisionRecall, ...counts }: ImageMetrics): Html {
  if (!precisionRecall.defined) return html`<p>${precisionRecall.reason}</p>`;
  const abnormalShare = counts.abnormalImages / (counts.abnormalImages + counts.normalImages);
  return inText(precisionRecallChart(precisionRecall.points, abnormalShare, figureInWords(averagePrecision)));
}

export function distributionPlot(scores: ReportData['scores'], threshold: number | undefined): Html {
  return scores.length > 0 ? inText(distributionChart(scores, { threshold })) : html`<p>There are no images.</p>`;
}

/** The training loss and, where there is one, the held-out loss, epoch by epoch. */
export function lossPlot(history: readonly EpochFigures[], selectedEpoch: number | undefined): Html {
  const points = history.map(({ epoch, loss }) => ({ x: epoch, loss }));
  const heldOut = history.flatMap(({ epoch, heldOutLoss }) =>
    heldOutLoss === undefined ? [] : [{ x: epoch, loss: heldOutLoss }],
  );
  return inText(lossChart(points, { unit: 'epoch', heldOut, kept: selectedEpoch }));
}

/** A chart as it stands in a document. The names in it are those of this program. */
function inText({ name, attributes, children }: SvgElement): Html {
  const given = Object.entries(attributes).map(([key, value]) => html` ${new Html(key)}="${value}"`);
  const inside = children.map((child) => (typeof child === 'string' ? html`${child}` : inText(child)));
  return html`<${new Html(name)}${given}>${inside}</${new Html(name)}>`;
}
