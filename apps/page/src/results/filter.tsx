import type { Label } from '@mediclip/contracts';
import { isFlagged, type Scored } from './scored.js';

/** Which results are shown. */
interface Filter {
  readonly label: Label | 'all';
  readonly decision: 'abnormal' | 'normal' | 'all';
  readonly minScore: number;
}

export const everyResult: Filter = { label: 'all', decision: 'all', minScore: 0 };

/** Whether a result is shown. */
export function passes(result: Scored, { label, decision, minScore }: Filter, threshold: number): boolean {
  return (
    (label === 'all' || result.label === label) &&
    (decision === 'all' || isFlagged(result, threshold) === (decision === 'abnormal')) &&
    result.score >= minScore
  );
}

export function FilterFields({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  return (
    <>
      <label>
        Labelled{' '}
        <select
          value={filter.label}
          onChange={({ currentTarget }) => onFilter({ ...filter, label: currentTarget.value as Filter['label'] })}
        >
          <option value="all">any</option>
          <option value="normal">normal</option>
          <option value="abnormal">abnormal</option>
        </select>
      </label>
      <label>
        Called{' '}
        <select
          value={filter.decision}
          onChange={({ currentTarget }) => onFilter({ ...filter, decision: currentTarget.value as Filter['decision'] })}
        >
          <option value="all">any</option>
          <option value="abnormal">abnormal</option>
          <option value="normal">normal</option>
        </select>
      </label>
      <label>
        Score from{' '}
        <input
          type="number"
          min="0"
          max="1"
          step="0.05"
          value={filter.minScore}
          onChange={({ currentTarget }) => onFilter({ ...filter, minScore: currentTarget.valueAsNumber || 0 })}
        />
      </label>
    </>
  );
}
