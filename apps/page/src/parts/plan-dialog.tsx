import { useEffect, useRef, useState } from 'preact/hooks';
import type { PlannedImage, Preview } from '../upload/plan.js';
import { Action } from './action.js';
import { count, groupTitle } from './words.js';

interface PlanDialogProps {
  readonly name: string;
  readonly plan: Preview;
  readonly onSend: (name: string) => Promise<void>;
  readonly onCancel: () => void;
}

const groups = [
  ['train', 'normal'],
  ['test', 'normal'],
  ['test', 'abnormal'],
] as const;

/** What was found in a folder or an archive, before it is sent. */
export function PlanDialog({ name, plan, onSend, onCancel }: PlanDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosenName, setName] = useState(name);
  useEffect(() => dialog.current?.showModal(), []);
  const of = (split: PlannedImage['split'], label: PlannedImage['label']) =>
    plan.images.filter((image) => image.split === split && image.label === label);
  return (
    <dialog ref={dialog} aria-label="What was found" onClose={onCancel}>
      <h2>What was found</h2>
      <p>{plan.found}</p>
      <ul>
        {groups.map(([split, label]) => {
          const images = of(split, label);
          const masks = images.filter(({ mask }) => mask !== undefined).length;
          return (
            <li key={split + label}>
              {groupTitle(split, label)}: <strong>{images.length}</strong>
              {masks > 0 && ` (${count(masks, 'mask')})`}
            </li>
          );
        })}
      </ul>
      {plan.leftOut.length > 0 && (
        <details>
          <summary>{count(plan.leftOut.length, 'file')} left out</summary>
          <ul>
            {plan.leftOut.map(({ name: file, reason }) => (
              <li key={file}>
                {file}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
      <label class="wide">
        Name of the data set
        <input value={chosenName} maxLength={200} onInput={({ currentTarget }) => setName(currentTarget.value)} />
      </label>
      <div class="row">
        <Action
          main
          disabled={plan.images.length === 0 || chosenName.trim() === ''}
          do={() => onSend(chosenName.trim())}
        >
          Send {count(plan.images.length, 'picture')}
        </Action>
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
