/** What is wrong with an image file. The codes are stable: callers choose their answer by them. */
export type ImageErrorCode =
  | 'unsupported-format'
  | 'unsupported-encoding'
  | 'too-many-bytes'
  | 'too-many-pixels'
  | 'too-many-frames'
  | 'too-small'
  | 'no-such-frame'
  | 'no-pixels'
  | 'corrupt-image'
  | 'timed-out'
  | 'out-of-memory';

/** An image file that is refused; the message is one sentence that says what is wrong and what to do. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly code: ImageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error of a file whose content contradicts itself or ends early; `detail` says where. */
export function corruptImage(format: string, detail: string, cause?: unknown): ImageError {
  return new ImageError(
    'corrupt-image',
    `The ${format} file is damaged or cut short (${detail}); save it anew or leave it out.`,
    cause === undefined ? {} : { cause },
  );
}

/** The error of an image that memory did not suffice to decode; the file may be sound. */
export function outOfMemory(cause?: unknown): ImageError {
  return new ImageError(
    'out-of-memory',
    'Memory ran out while the image was decoded; try again or send a smaller one.',
    cause === undefined ? {} : { cause },
  );
}
