import { type Html, html } from './html.js';
import type { BaselineComparison, ReportData } from './report-data.js';
import { count, figureInWords, intervalInWords, signed } from './words.js';

/** The evaluated model against a baseline on the same images, or nothing without a baseline. */
export function comparisonSection({ comparison, modelName }: ReportData): Html | undefined {
  if (comparison === undefined) return undefined;
  const { baselineName, images, result } = comparison;
  return html`<section aria-labelledby="comparison"><h2 id="comparison">Compared with a baseline</h2>
<table><caption class="quiet">Image AUROC of both models on the same ${count(images, 'image')}.</caption><tbody>
<tr><th scope="row">${modelName} (this model)</th><td>${figureInWords(result.aurocA)}</td></tr>
<tr><th scope="row">${baselineName} (baseline)</th><td>${figureInWords(result.aurocB)}</td></tr>
<tr><th scope="row">Difference</th><td>${differenceInWords(result)}</td></tr>
</tbody></table>
<p>${verdict(result)}</p></section>`;
}

function differenceInWords({ difference }: BaselineComparison['result']): string {
  if (!difference.defined) return difference.reason;
  return `${signed(difference.value)} (${intervalInWords(difference.interval, signed)})`;
}

const conventionalLevel = 0.05;

function verdict({ test }: BaselineComparison['result']): string {
  if (!test.defined) return test.reason;
  const { pValue, z } = test;
  const p = pValue < 0.001 ? 'less than 0.001' : pValue.toFixed(3);
  const chance = `If both models were equally good, a difference of this size or more would come up with a probability of ${p} (DeLong's paired test).`;
  if (pValue >= conventionalLevel) return `${chance} These images do not show which of them is better.`;
  return `${chance} On images like these, ${z > 0 ? 'this model' : 'the baseline'} tells the classes apart better.`;
}
