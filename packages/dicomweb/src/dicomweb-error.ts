export type DicomwebErrorCode =
  | 'unknown-server'
  | 'unreachable'
  | 'refused'
  | 'bad-answer'
  | 'no-such-instance'
  | 'no-references'
  | 'wrong-key';

/** What keeps the way to a PACS or back from being gone. The message names neither a patient nor a credential. */
export class DicomwebError extends Error {
  override readonly name = 'DicomwebError';

  constructor(
    readonly code: DicomwebErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
