import type { Dataset, Evaluation, Figure } from '@mediclip/contracts';
import { when } from './words.js';

interface EvaluationsProps {
  readonly evaluations: readonly Evaluation[];
  readonly datasets: readonly Dataset[];
}

const rows: readonly { readonly title: string; readonly of: (evaluation: Evaluation) => Figure | undefined }[] = [
  { title: 'Tells abnormal pictures from normal ones (AUROC)', of: ({ image }) => image.auroc },
  { title: 'Tells abnormal patients or series from normal ones (AUROC of groups)', of: ({ groups }) => groups?.auroc },
  { title: 'AUROC of pictures, its interval by groups', of: ({ groups }) => groups?.imageAuroc },
  { title: 'Average precision', of: ({ image }) => image.averagePrecision },
  { title: 'Sensitivity at 95 % specificity', of: ({ image }) => image.sensitivityAtSpecificity95 },
  { title: 'Finds the place (pixel AUROC)', of: ({ pixel }) => pixel.auroc },
];

/** How good the detector was on each data set, side by side. */
export function Evaluations({ evaluations, datasets }: EvaluationsProps) {
  if (evaluations.length === 0) return null;
  return (
    <section>
      <h2>How good it is</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Evaluations side by side">
        <table>
          <thead>
            <tr>
              <td />
              {evaluations.map(({ id, datasetId, createdAt, images }) => (
                <th scope="col" key={id}>
                  {datasets.find((one) => one.id === datasetId)?.name ?? 'a deleted data set'}
                  <br />
                  <span class="quiet">
                    {images.normal} normal, {images.abnormal} abnormal, {when(createdAt)}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows
              .filter(({ of }) => evaluations.some(of))
              .map(({ title, of }) => (
                <tr key={title}>
                  <th scope="row">{title}</th>
                  {evaluations.map((evaluation) => (
                    <td key={evaluation.id}>{figureWords(of(evaluation))}</td>
                  ))}
                </tr>
              ))}
            <tr>
              <th scope="row">Report</th>
              {evaluations.map(({ id, createdAt }) => (
                <td key={id}>
                  <a href={`/v1/evaluations/${id}/report`} target="_blank" rel="noopener">
                    Read<span class="unseen"> the report of {when(createdAt)}</span>
                  </a>{' '}
                  <a href={`/v1/evaluations/${id}/report`} download={`report-${id}.html`}>
                    Save<span class="unseen"> the report of {when(createdAt)}</span>
                  </a>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </section>
    </section>
  );
}

function figureWords(figure: Figure | undefined): string {
  if (figure === undefined) return 'no groups';
  if (figure.value === null) return figure.reason;
  const { value, interval } = figure;
  return interval
    ? `${value.toFixed(3)} (${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`
    : value.toFixed(3);
}
