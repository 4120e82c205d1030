import { createHash } from 'node:crypto';
import type { Image } from '@mediclip/contracts';

/**
 * Digest of a data set's content: SHA-256 over one line `split label sha256 frame mask-sha256` for every image, sorted,
 * so that neither ids nor the order of upload matter.
 */
export function datasetDigest(images: Iterable<Pick<Image, 'split' | 'label' | 'sha256' | 'frame' | 'mask'>>): string {
  const lines = Array.from(images, ({ split, label, sha256: digest, frame, mask }) =>
    [split, label, digest, frame ?? '-', mask?.sha256 ?? '-'].join(' '),
  );
  return createHash('sha256')
    .update(`${lines.sort().join('\n')}\n`)
    .digest('hex');
}
