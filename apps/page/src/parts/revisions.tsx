import type { Dataset, Model, ModelSummary } from '@mediclip/contracts';
import { count, detectorName, when } from './words.js';

interface RevisionsProps {
  readonly model: Model;
  readonly models: readonly ModelSummary[];
  readonly datasets: readonly Dataset[];
}

/** Which detector this one was made from, and which ones were made from it. */
export function Revisions({ model, models, datasets }: RevisionsProps) {
  const { id, lineage } = model;
  const parent = models.find((one) => one.id === lineage.parentModelId);
  const children = models.filter(({ parentModelId }) => parentModelId === id);
  if (lineage.parentModelId === undefined && children.length === 0) return null;
  const added = lineage.added?.at(-1)?.imageIds.length ?? 0;
  return (
    <section>
      <h2>Refits</h2>
      {lineage.parentModelId !== undefined && (
        <p>
          {count(added, 'normal picture')} added to{' '}
          {parent ? (
            <a href={`/app/models/${parent.id}`}>{nameOf(parent, datasets)}</a>
          ) : (
            'a detector that was deleted since'
          )}
          .
        </p>
      )}
      {children.length > 0 && (
        <>
          <p>Made from this one:</p>
          <ul class="plain">
            {children.map((child) => (
              <li key={child.id}>
                <a href={`/app/models/${child.id}`}>{nameOf(child, datasets)}</a>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const nameOf = (model: ModelSummary, datasets: readonly Dataset[]): string =>
  `${detectorName(model, datasets)}, ${when(model.createdAt)}`;
