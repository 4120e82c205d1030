import type { ProblemSlug } from '@mediclip/contracts';

/** Failure Reasons (PS3.18, I.2; PS3.3, C.14.1) by what is wrong with an instance. */
export const failureReasons = {
  processingFailed: 0x0110,
  noImage: 0x0122,
  ownResult: 0x0124,
  noRoom: 0xa700,
  withoutUids: 0xa900,
  unreadable: 0xc000,
  transferSyntax: 0xc122,
} as const;

const ofProblems: Partial<Record<ProblemSlug, number>> = {
  'image-without-pixels': failureReasons.noImage,
  'image-unsupported-encoding': failureReasons.transferSyntax,
  'image-too-large': failureReasons.noRoom,
  'image-too-many-pixels': failureReasons.noRoom,
  'image-too-many-frames': failureReasons.noRoom,
  'image-out-of-memory': failureReasons.noRoom,
  'data-set-full': failureReasons.noRoom,
  'image-decode-timeout': failureReasons.processingFailed,
};

/** The Failure Reason of a file that could not be taken. */
export function failureReasonOf(slug: ProblemSlug | undefined): number {
  return (slug && ofProblems[slug]) ?? failureReasons.unreadable;
}
