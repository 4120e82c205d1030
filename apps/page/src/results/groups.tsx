import type { GroupScoreAnswer } from '@mediclip/contracts';
import { get } from '../api/http.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { count } from '../parts/words.js';

interface GroupsProps {
  readonly jobId: string;
  readonly onOpen: (imageId: string) => void;
}

interface Answer {
  readonly items: readonly GroupScoreAnswer[];
  readonly nextCursor?: string;
  readonly highest: number;
  readonly promise: string;
}

const shownGroups = 50;

/** Patients, series or volumes, the most unusual first; each opens its most unusual picture. */
export function Groups({ jobId, onOpen }: GroupsProps) {
  const loaded = useLoaded(() => get<Answer>(`/v1/jobs/${jobId}/groups?limit=${shownGroups}`), [jobId]);
  return (
    <section>
      <h2>Patients, series or volumes, most unusual first</h2>
      <Show of={loaded}>
        {({ items, nextCursor, highest, promise }) => (
          <>
            <p class="quiet">
              Each by the mean of its {highest} highest scores. {promise}
            </p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keyboard */}
            <section class="scroll" tabIndex={0} aria-label="Groups by score">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Group</th>
                    <th scope="col">Pictures</th>
                    <th scope="col">Score</th>
                    <th scope="col">Called</th>
                    <th scope="col">p-value</th>
                    <th scope="col">Most unusual picture</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map(({ group, images, score, decision, pValue, highestImages: [first] }) => (
                    <tr key={first?.imageId}>
                      <th scope="row">{group ?? 'a picture of no group'}</th>
                      <td>{images}</td>
                      <td>{score.toFixed(3)}</td>
                      <td>{decision ?? '-'}</td>
                      <td>{pValue === undefined ? '-' : pValue.toFixed(3)}</td>
                      <td>
                        {first && (
                          <button type="button" onClick={() => onOpen(first.imageId)}>
                            {first.fileName}
                            {first.frame !== undefined && `, frame ${first.frame}`}
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            {nextCursor && (
              <p class="quiet">
                The {count(items.length, 'group')} with the highest scores are shown;{' '}
                <code>GET /v1/jobs/{jobId}/groups</code> lists all.
              </p>
            )}
          </>
        )}
      </Show>
    </section>
  );
}
