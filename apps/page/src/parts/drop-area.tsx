import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type ChosenFile, filesOfDrop, filesOfInput } from '../upload/chosen-files.js';

interface DropAreaProps {
  readonly label: string;
  readonly onFiles: (files: ChosenFile[]) => void;
  /** Whether a click chooses a whole folder. */
  readonly folder?: boolean;
  readonly children?: ComponentChildren;
}

/** A place to drop files and folders on, which is a file chooser too. */
export function DropArea({ label, onFiles, folder = false, children }: DropAreaProps) {
  const [isOver, setOver] = useState(false);
  return (
    <label
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer)
          void filesOfDrop(event.dataTransfer).then((files) => files.length > 0 && onFiles(files));
      }}
    >
      <strong>{label}</strong>
      {children}
      <input
        type="file"
        multiple
        aria-label={label}
        {...(folder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          const files = filesOfInput(currentTarget);
          currentTarget.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}
