import { type FileOutcome, type Image, ProblemError } from '@mediclip/contracts';
import { ImageError } from '@mediclip/imaging';
import { problemOf } from '@mediclip/problems';
import type { IncomingImage } from './intake-options.js';

/** Whether an error is the fault of the file that was read. */
export function isOfFile(error: unknown): error is ProblemError | ImageError {
  return error instanceof ProblemError || error instanceof ImageError;
}

/** The outcome of a file that `error` was thrown over. Anything that is not the file's own fault is thrown on. */
export function outcomeOfError(index: number, fileName: string, error: unknown): FileOutcome {
  if (!isOfFile(error)) throw error;
  return rejected(index, fileName, problemOf(error));
}

/** The outcome of a file whose images are stored. */
export function outcomeOf(
  index: number,
  { fileName, split, label }: IncomingImage,
  images: readonly Image[],
): FileOutcome {
  const [first] = images;
  return {
    index,
    fileName,
    outcome: 'stored',
    imageIds: images.map(({ id }) => id),
    split,
    label,
    ...(first?.group !== undefined && { group: first.group }),
    hasMask: first?.mask !== undefined,
    notes: first?.notes ?? [],
  };
}

export function rejected(index: number, fileName: string, problem: ProblemError): FileOutcome {
  return { index, fileName, outcome: 'rejected', error: problem.toProblem() };
}
