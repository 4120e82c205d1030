import { type Html, html } from './html.js';
import type { ReportAudit, ReportData } from './report-data.js';
import { count, figureInWords, round, signed } from './words.js';

/** What an audit of the data set says of the figures, or nothing where none was made. */
export function auditSection({ audit }: ReportData): Html | undefined {
  if (audit === undefined) return undefined;
  const { warnings } = audit;
  return html`<section aria-labelledby="audit"><h2 id="audit">Can these figures be trusted?</h2>
${
  warnings.length === 0
    ? html`<p>The audit of the data set found no copies, and no trivial cue that tells the labels apart.</p>`
    : html`<ul>${warnings.map(({ sentence }) => html`<li>${sentence}</li>`)}</ul>`
}
<table><caption class="quiet">What the audit says of the AUROC.</caption><tbody>
${withoutCopies(audit)}
${bestCue(audit)}
</tbody></table></section>`;
}

function withoutCopies({ withoutCopies: { images, leftOut, auroc } }: ReportAudit): Html {
  if (leftOut === 0)
    return html`<tr><th scope="row">Copied test images</th><td>none among ${count(images, 'image')}</td></tr>`;
  return html`<tr><th scope="row">AUROC without ${count(leftOut, 'copied test image')}</th><td>${figureInWords(auroc)}</td></tr>`;
}

function bestCue({ bestCue: cue }: ReportAudit): Html[] {
  if (cue === undefined) return [];
  const { name, auroc, modelAuroc, rankCorrelation, aurocWithinStrata } = cue;
  return [
    html`<tr><th scope="row">The trivial cue that tells most: ${name}</th><td>AUROC ${round(auroc)}; the model ${modelAuroc.defined ? round(modelAuroc.value) : modelAuroc.reason}</td></tr>`,
    html`<tr><th scope="row">How far the model follows it</th><td>rank correlation ${signed(rankCorrelation)}, from −1 to +1</td></tr>`,
    html`<tr><th scope="row">AUROC of the model where the cue is nearly equal</th><td>${
      aurocWithinStrata === null ? 'not known: no fifth of the cue has both labels' : round(aurocWithinStrata)
    }</td></tr>`,
  ];
}
