import type { ProblemSlug } from './catalogue.js';

/** The problem of an image that was refused, by the code of the refusal. */
export const imageProblemSlugs = {
  'unsupported-format': 'image-unsupported-format',
  'unsupported-encoding': 'image-unsupported-encoding',
  'too-many-bytes': 'image-too-large',
  'too-many-pixels': 'image-too-many-pixels',
  'too-many-frames': 'image-too-many-frames',
  'too-small': 'image-too-small',
  'no-such-frame': 'image-corrupt',
  'no-pixels': 'image-without-pixels',
  'corrupt-image': 'image-corrupt',
  'timed-out': 'image-decode-timeout',
  'out-of-memory': 'image-out-of-memory',
} as const satisfies Record<string, ProblemSlug>;
