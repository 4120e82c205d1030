import { useEffect, useRef, useState } from 'preact/hooks';
import type { Preview } from '../upload/plan.js';
import type { Reading } from '../upload/reading.js';
import { Action } from './action.js';
import { ReadingChoice } from './reading-choice.js';
import { count, groupTitle } from './words.js';

interface PlanDialogProps {
  /** What a new data set may be called; undefined where there is one already. */
  readonly name?: string;
  readonly plan: Preview;
  readonly onSend: (reading: Reading, name: string) => Promise<void>;
  readonly onCancel: () => void;
}

const groups = [
  ['train', 'normal'],
  ['test', 'normal'],
  ['test', 'abnormal'],
] as const;

/** What was found in a folder or an archive, before it is sent. */
export function PlanDialog({ name, plan, onSend, onCancel }: PlanDialogProps) {
  const { found, images, leftOut, readingKinds } = plan;
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosenName, setName] = useState(name ?? '');
  const [reading, setReading] = useState<Reading>({});
  useEffect(() => dialog.current?.showModal(), []);
  const choice = <ReadingChoice kinds={readingKinds} reading={reading} onChange={setReading} />;
  return (
    <dialog ref={dialog} aria-label="What was found" onClose={onCancel}>
      <h2>What was found</h2>
      <p>{found}</p>
      {images && (
        <ul>
          {groups.map(([split, label]) => {
            const ofThis = images.filter((image) => image.split === split && image.label === label);
            const masks = ofThis.filter(({ mask }) => mask !== undefined).length;
            return (
              <li key={split + label}>
                {groupTitle(split, label)}: <strong>{ofThis.length}</strong>
                {masks > 0 && ` (${count(masks, 'mask')})`}
              </li>
            );
          })}
        </ul>
      )}
      {leftOut.length > 0 && (
        <details>
          <summary>{count(leftOut.length, 'file')} left out</summary>
          <ul>
            {leftOut.map(({ name: file, reason }) => (
              <li key={file}>
                {file}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
      {images ? (
        choice
      ) : (
        <details>
          <summary>If it holds DICOM files or volumes</summary>
          {choice}
        </details>
      )}
      {name !== undefined && (
        <label class="wide">
          Name of the data set
          <input value={chosenName} maxLength={200} onInput={({ currentTarget }) => setName(currentTarget.value)} />
        </label>
      )}
      <div class="row">
        <Action
          main
          disabled={images?.length === 0 || (name !== undefined && chosenName.trim() === '')}
          do={() => onSend(reading, chosenName.trim())}
        >
          Send {images ? count(images.length, 'picture') : 'the archive'}
        </Action>
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
