import { type Image, idSchema } from '@mediclip/contracts';
import { DamagedContent, datasetDigest } from '@mediclip/store';
import { z } from 'zod';
import type { JobContext } from './job-context.js';

const fixedSchema = z.strictObject({ datasetDigest: z.string(), imageIds: z.array(idSchema) });

export interface FixedImages {
  /** In order of upload. */
  readonly images: readonly Image[];
  /** Digest over the whole data set when the job was taken up first. */
  readonly datasetDigest: string;
}

const scratchName = 'images';

/**
 * The images that a job works on. The first attempt chooses them from all images of the data set, in order of upload, and writes the
 * choice down; later attempts work on the same ones, whatever was uploaded meanwhile.
 */
export async function fixedImages(
  { tenant, attempt, job }: Pick<JobContext, 'tenant' | 'attempt' | 'job'>,
  choose: (images: readonly Image[]) => readonly Image[],
): Promise<FixedImages> {
  const all: Image[] = [];
  for await (const image of tenant.images.all(job.request.datasetId)) all.push(image);
  const kept = await tenant.attempts.getScratch(attempt, scratchName);
  if (kept !== undefined) return restore(all, fixedSchema.parse(JSON.parse(new TextDecoder().decode(kept))));

  const images = choose(all);
  const fixed = { datasetDigest: datasetDigest(all), imageIds: images.map(({ id }) => id) };
  await tenant.attempts.putScratch(attempt, scratchName, new TextEncoder().encode(JSON.stringify(fixed)));
  return { images, datasetDigest: fixed.datasetDigest };
}

function restore(all: readonly Image[], fixed: z.infer<typeof fixedSchema>): FixedImages {
  const byId = new Map(all.map((image) => [image.id, image]));
  const images = fixed.imageIds.map((id) => {
    const image = byId.get(id);
    if (image === undefined) throw new DamagedContent(`The image ${id} of the job is gone: start the job anew.`);
    return image;
  });
  return { images, datasetDigest: fixed.datasetDigest };
}
