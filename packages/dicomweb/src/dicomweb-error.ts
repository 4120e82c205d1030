export type DicomwebErrorCode =
  | 'unknown-server'
  | 'unreachable'
  | 'refused'
  | 'bad-answer'
  | 'no-such-instance'
  | 'no-references'
  | 'wrong-key';

/**
 * Why something cannot be fetched from a DICOMweb server or sent to it. The message names neither a patient nor a
 * credential.
 */
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
