import type { Backbone } from '@mediclip/contracts';
import { type Intensity, IntensityField } from './intensity.js';
import { NamedOptions } from './options.js';

/** What a person chooses of a detector; undefined is as usual. */
export interface Choices {
  readonly name: string;
  readonly shots: number | undefined;
  readonly seed: number;
  readonly epochs: number | undefined;
  readonly backbone: string;
  readonly intensity: Intensity | undefined;
  readonly excludesOutliers: boolean;
}

interface DetectorChoicesProps {
  readonly choices: Choices;
  /** How many pictures it learns from, of how many. */
  readonly shots: number;
  readonly available: number;
  readonly backbones: readonly Backbone[];
  readonly onChange: (change: Partial<Choices>) => void;
}

export function DetectorChoices({ choices, shots, available, backbones, onChange }: DetectorChoicesProps) {
  return (
    <div class="form">
      <label>
        Name
        <input
          value={choices.name}
          maxLength={200}
          onInput={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
      </label>
      <label>
        Normal pictures to learn from
        <input
          type="number"
          min="1"
          max={available}
          value={shots}
          onChange={({ currentTarget }) =>
            onChange({ shots: Math.max(1, Math.round(currentTarget.valueAsNumber) || 1) })
          }
        />
      </label>
      <label>
        Rounds of learning
        <input
          type="number"
          min="1"
          placeholder="as usual"
          value={choices.epochs ?? ''}
          onChange={({ currentTarget }) => {
            const rounds = Math.round(currentTarget.valueAsNumber);
            onChange({ epochs: rounds >= 1 ? rounds : undefined });
          }}
        />
      </label>
      <label>
        Seed (another one draws other pictures)
        <input
          type="number"
          min="0"
          value={choices.seed}
          onChange={({ currentTarget }) =>
            onChange({ seed: Math.max(0, Math.round(currentTarget.valueAsNumber) || 0) })
          }
        />
      </label>
      <label>
        Backbone
        <select value={choices.backbone} onChange={({ currentTarget }) => onChange({ backbone: currentTarget.value })}>
          <NamedOptions of={backbones} />
        </select>
      </label>
      <IntensityField onChange={(intensity) => onChange({ intensity })} />
      <label class="check">
        <input
          type="checkbox"
          checked={choices.excludesOutliers}
          onChange={({ currentTarget }) => onChange({ excludesOutliers: currentTarget.checked })}
        />{' '}
        Leave out pictures that do not belong to the others
      </label>
    </div>
  );
}
