import type { NormalsSource } from '@mediclip/adaptation';
import type { Image } from '@mediclip/contracts';
import { ImageError } from '@mediclip/imaging';
import { DamagedContent } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { JobContext } from '../job-context.js';

/** Reads normal images as they are scored. One that cannot be read is left out, and said in the log. */
export function lookAtNormal(
  { imagingPool }: Pick<WorkerDependencies, 'imagingPool'>,
  { tenant, signal, log }: Pick<JobContext, 'tenant' | 'signal' | 'log'>,
): NormalsSource<Image>['look'] {
  return async (image, { side, intensity }) => {
    try {
      const wants = { prepared: { side, kind: 'test' }, intensity, statistics: true } as const;
      const options = { pixels: image.pixels, signal, caller: tenant.tenant };
      const { prepared, statistics } = await imagingPool.frame(await tenant.images.bytes(image), wants, options);
      return { picture: prepared, statistics };
    } catch (error) {
      if (!(error instanceof ImageError) && !(error instanceof DamagedContent)) throw error;
      log.warn({ imageId: image.id, err: error }, 'normal image left out of the audit');
      return undefined;
    }
  };
}
