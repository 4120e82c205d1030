import { count, shareWords } from '../parts/words.js';
import { countsAt, type LabelledScore } from './threshold-counts.js';

/** What a threshold makes of the labelled pictures. */
export function ThresholdCounts({ scores, threshold }: { scores: readonly LabelledScore[]; threshold: number }) {
  const counts = countsAt(threshold, scores);
  return (
    <div>
      <table class="counts">
        <caption>What this threshold makes of the labelled pictures</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">called abnormal</th>
            <th scope="col">called normal</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">abnormal</th>
            <td data-count="truePositives">{counts.truePositives} found</td>
            <td data-count="falseNegatives">{counts.falseNegatives} missed</td>
          </tr>
          <tr>
            <th scope="row">normal</th>
            <td data-count="falsePositives">{count(counts.falsePositives, 'false alarm')}</td>
            <td data-count="trueNegatives">{counts.trueNegatives} left alone</td>
          </tr>
        </tbody>
      </table>
      <dl class="facts">
        <dt>Sensitivity</dt>
        <dd data-share="sensitivity">{shareWords(counts.sensitivity)}</dd>
        <dt>Specificity</dt>
        <dd data-share="specificity">{shareWords(counts.specificity)}</dd>
      </dl>
      <p class="quiet">In brackets: where the true share lies with 95 % confidence.</p>
    </div>
  );
}
