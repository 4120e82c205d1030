import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ProblemNote } from './problem.js';

interface ActionProps {
  readonly do: () => Promise<unknown>;
  readonly children: ComponentChildren;
  readonly disabled?: boolean;
  readonly main?: boolean;
}

/** A button for something that takes a moment and may fail; what failed stands beside it. */
export function Action({ do: act, children, disabled = false, main = false }: ActionProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={main ? 'main' : ''} disabled={disabled || isBusy} onClick={() => void run()}>
        {children}
      </button>
      <ProblemNote error={error} />
    </>
  );
}
