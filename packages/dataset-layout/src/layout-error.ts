/**
 * What is wrong with a sample list: a line that is no sample, one that leads out of `images/`, or files that are not
 * there.
 */
export type LayoutFault = 'line-invalid' | 'path-outside' | 'files-missing';

/** A sample list that cannot be used; the message is a sentence that names the list and the line. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';

  constructor(
    readonly fault: LayoutFault,
    message: string,
    /** Name of the list as it was given, the line counted from 1, and the file that the line names. */
    readonly at: { readonly list: string; readonly line: number; readonly fileName?: string | undefined },
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
