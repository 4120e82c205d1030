import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ProblemNote } from './problem.js';

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly reload: () => void;
}

/**
 * Loads what a screen shows; again when one of `keys` changes or `reload` is called. What was there stays until then.
 */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: unknown }>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setState({ value }),
      (error: unknown) => isCurrent && setState((before) => ({ ...before, error })),
    );
    return () => {
      isCurrent = false;
    };
  }, [...keys, turn]);
  return { value: state.value, error: state.error, reload: useCallback(() => setTurn((n) => n + 1), []) };
}

/** What was loaded, or what keeps it from being shown. */
export function Show<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  return (
    <>
      <ProblemNote error={of.error} />
      {of.value === undefined ? of.error === undefined && <p class="quiet">Loading …</p> : children(of.value)}
    </>
  );
}
