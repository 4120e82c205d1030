import type { Image } from '@mediclip/contracts';
import { ImageError } from '@mediclip/imaging';
import { DamagedContent } from '@mediclip/store';
import { pMapIterable } from 'p-map';
import type { WorkerDependencies } from '../../dependencies.js';
import type { JobContext } from '../job-context.js';
import type { AuditThread } from './audit-thread.js';

/** Images that are read and decoded at once. */
const atOnce = 4;

/**
 * Reads the traits of images and hands them to the thread of an audit, in their order; resolves with those that
 * were read. An image that cannot be read is left out, and said in the log.
 */
export async function giveTraits(
  { imagingPool }: Pick<WorkerDependencies, 'imagingPool'>,
  { tenant, signal, log, report }: Pick<JobContext, 'tenant' | 'signal' | 'log' | 'report'>,
  images: readonly Image[],
  thread: AuditThread,
): Promise<Image[]> {
  const read = async (image: Image) => {
    try {
      const options = { signal, caller: tenant.tenant };
      return {
        image,
        traits: (await imagingPool.frame(await tenant.images.bytes(image), { traits: true }, options)).traits,
      };
    } catch (error) {
      if (!(error instanceof ImageError) && !(error instanceof DamagedContent)) throw error;
      log.warn({ imageId: image.id, err: error }, 'image left out of the audit');
      return { image, traits: undefined };
    }
  };
  let done = 0;
  const given: Image[] = [];
  for await (const { image, traits } of pMapIterable(images, read, { concurrency: atOnce })) {
    if (traits) {
      const { id: imageId, fileName, split, label, sha256, width, height, format, technicalTags } = image;
      const bitDepth = technicalTags?.bitsStored ?? traits.bitDepth;
      const named = { imageId, fileName, split, label, sha256, width, height, format };
      await thread.run('add', { ...named, traits: { ...traits, bitDepth } }, { signal });
      given.push(image);
    }
    report({ phase: 'auditing', done: ++done, total: images.length });
  }
  return given;
}
