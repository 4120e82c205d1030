import { count, foreignFlags, foreignWords } from '../parts/words.js';
import { decisionWords, isFlagged, type Scored } from './scored.js';

interface PictureFactsProps {
  readonly result: Scored;
  readonly threshold: number;
  readonly modality: string | undefined;
}

/** What the detector says of one picture. */
export function PictureFacts({ result, threshold, modality }: PictureFactsProps) {
  return (
    <>
      {result.foreign && (
        <p class="problem">
          <strong>◆ {foreignFlags[result.foreign]}.</strong> It is {foreignWords[result.foreign]}.
        </p>
      )}
      <p class="verdict">
        <strong>{result.score.toFixed(3)}</strong>{' '}
        <span class={isFlagged(result, threshold) ? 'flag abnormal' : 'flag normal'}>
          {isFlagged(result, threshold) ? '▲' : '▼'} {decisionWords(result, threshold)}
        </span>
      </p>
      <dl class="facts">
        <dt>Threshold</dt>
        <dd>{threshold.toFixed(3)}</dd>
        <dt>Labelled</dt>
        <dd>{result.label}</dd>
        {result.pValue !== undefined && (
          <>
            <dt class="exact">p-value</dt>
            <dd>
              {result.pValue.toFixed(3)}: about {(100 * result.pValue).toFixed(1)} % of normal pictures score as high
            </dd>
          </>
        )}
        {result.kinship !== undefined && (
          <>
            <dt>Kind</dt>
            <dd>{kinshipWords(result.kinship, result.foreign)}</dd>
          </>
        )}
        <dt>Areas</dt>
        <dd>
          {result.regions.length === 0
            ? 'none'
            : result.regions
                .map(({ areaPixels, peak }) => `${count(Math.round(areaPixels), 'pixel')}, peak ${peak.toFixed(2)}`)
                .join('; ')}
        </dd>
        {modality && (
          <>
            <dt>Modality</dt>
            <dd>{modality}</dd>
          </>
        )}
      </dl>
    </>
  );
}

/** How usual the picture as a whole is, which is not how abnormal it is. */
function kinshipWords(kinship: number, foreign: Scored['foreign']): string {
  if (foreign !== undefined) return 'not of the kind that this detector knows';
  const share = (100 * kinship).toFixed(0);
  return `one that the detector knows: ${share} % of the normal pictures it has learned from differ as much from the others`;
}
