import { chosenIntensitySchema, type Image, idSchema, outlierSchema } from '@mediclip/contracts';
import { DamagedContent, datasetDigest, splitsOfGroups } from '@mediclip/store';
import { z } from 'zod';
import type { JobContext } from './job-context.js';

const shotsSchema = z.strictObject({
  pixelDigests: z.array(z.string()),
  copies: z.array(z.strictObject({ imageId: idSchema, of: idSchema })),
  intensity: chosenIntensitySchema.optional(),
  outliers: z.array(outlierSchema).optional(),
  /** What was found about outliers, in sentences. */
  notes: z.array(z.string()).optional(),
});

const fixedSchema = z.strictObject({
  datasetDigest: z.string(),
  imageIds: z.array(idSchema),
  shots: shotsSchema.optional(),
  leftOut: z.int().min(0).optional(),
});

/** What was found about the shots of an adaptation, or the images that a revision adds, when they were chosen. */
type ShotsFound = z.infer<typeof shotsSchema>;

export interface ImageChoice {
  /** In order of upload. */
  readonly images: readonly Image[];
  readonly shots?: ShotsFound | undefined;
  /** Images that were asked for and not chosen, of a revision. */
  readonly leftOut?: number | undefined;
}

export interface FixedImages extends ImageChoice {
  /** Digest over the whole data set when the job was taken up first. */
  readonly datasetDigest: string;
}

const scratchName = 'images';

/**
 * The images that a job works on. The first attempt chooses them from all images of the data set, in order of upload,
 * and writes the choice down; later attempts work on the same ones, whatever was uploaded meanwhile. Rejects with
 * `GroupParted` where a group is in both splits, and the job learns or measures.
 */
export async function fixedImages(
  {
    tenant,
    attempt,
    job,
  }: Pick<
    JobContext<'adaptation' | 'scoring' | 'evaluation' | 'calibration' | 'revision' | 'audit'>,
    'tenant' | 'attempt' | 'job'
  >,
  choose: (images: readonly Image[]) => ImageChoice | Promise<ImageChoice>,
): Promise<FixedImages> {
  const all: Image[] = [];
  for await (const image of tenant.images.all(job.request.datasetId)) all.push(image);
  const kept = await tenant.attempts.getScratch(attempt, scratchName);
  if (kept !== undefined) return restore(all, fixedSchema.parse(JSON.parse(new TextDecoder().decode(kept))));

  if (job.kind !== 'scoring' && job.kind !== 'audit') splitsOfGroups(all);
  const { images, shots, leftOut } = await choose(all);
  const fixed = {
    datasetDigest: datasetDigest(all),
    imageIds: images.map(({ id }) => id),
    ...(shots && { shots }),
    ...(leftOut !== undefined && { leftOut }),
  };
  await tenant.attempts.putScratch(attempt, scratchName, new TextEncoder().encode(JSON.stringify(fixed)));
  return { images, shots, leftOut, datasetDigest: fixed.datasetDigest };
}

function restore(all: readonly Image[], fixed: z.infer<typeof fixedSchema>): FixedImages {
  const byId = new Map(all.map((image) => [image.id, image]));
  const images = fixed.imageIds.map((id) => {
    const image = byId.get(id);
    if (image === undefined) throw new DamagedContent(`The image ${id} of the job is gone: start the job anew.`);
    return image;
  });
  return { images, shots: fixed.shots, leftOut: fixed.leftOut, datasetDigest: fixed.datasetDigest };
}
