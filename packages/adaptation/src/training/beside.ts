/** What other threads compute. */
export interface Beside<Result> {
  readonly result: Promise<Result>;
  /** Whether the result is there, or has failed. */
  readonly isOver: boolean;
}

/** A failure is told where the result is awaited, and may be awaited by nobody. */
export function beside<Result>(result: Promise<Result>): Beside<Result> {
  const work = { result, isOver: false };
  const end = () => {
    work.isOver = true;
  };
  result.then(end, end);
  return work;
}
