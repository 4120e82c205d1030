import {
  type AdaptationJob,
  enoughNote,
  leastNormals,
  outliersNotes,
  readNormalsFound,
  shotsOf,
  withoutOutliers,
} from '@mediclip/adaptation';
import type { Image } from '@mediclip/contracts';
import type { WorkerDependencies } from '../../dependencies.js';
import type { ImageChoice } from '../fixed-images.js';
import type { JobContext } from '../job-context.js';

type Shot = AdaptationJob['images'][number];

/**
 * The chosen shots with those among them that do not belong to the others, which are left out if the job's options say
 * so, and whether more shots would help. `load` reads a shot as it is scored; `outFolder` is for what the engine finds.
 */
export async function judgeOutliers(
  engine: Pick<WorkerDependencies['engine'], 'inspect'>,
  { job, signal }: Pick<JobContext<'adaptation'>, 'job' | 'signal'>,
  chosen: ImageChoice,
  load: (image: Image) => Promise<Shot>,
  outFolder: string,
): Promise<ImageChoice> {
  const { images, shots } = chosen;
  if (!shots || images.length < leastNormals) return chosen;
  const { options } = job.request;
  const loaded: Shot[] = [];
  for (const image of images) loaded.push(await load(image));
  await engine.inspect({ kind: 'inspection', options, images: shotsOf(loaded), outFolder }, { signal });
  const found = await readNormalsFound(outFolder);
  const enough = found.gainOfMore === undefined ? [] : [enoughNote(found.gainOfMore)];
  if (found.outliers.length === 0) return { images, shots: { ...shots, notes: enough } };
  const excluded = options.excludeOutliers ?? false;
  const kept = withoutOutliers(found, excluded);
  return {
    images: kept(images),
    shots: {
      ...shots,
      pixelDigests: kept(shots.pixelDigests),
      outliers: found.outliers.map(({ index, kind }) => ({ imageId: images[index]!.id, kind, excluded })),
      notes: [...outliersNotes(found, (index) => images[index]!.fileName, excluded), ...enough],
    },
  };
}
