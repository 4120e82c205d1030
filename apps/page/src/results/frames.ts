import { useEffect, useRef } from 'preact/hooks';

/**
 * A function that hands the latest of its values on at the next frame, so that a pointer that moves more often than the
 * screen is drawn costs one drawing each.
 */
export function useOncePerFrame<T>(act: (value: T) => void): (value: T) => void {
  const latest = useRef<{ value: T; act: typeof act }>(undefined);
  const frame = useRef<number>(undefined);
  useEffect(() => () => cancelAnimationFrame(frame.current ?? 0), []);
  return (value) => {
    latest.current = { value, act };
    frame.current ??= requestAnimationFrame(() => {
      frame.current = undefined;
      if (latest.current) latest.current.act(latest.current.value);
    });
  };
}
