import { enoughNote, leastNormals, outliersNotes, readNormalsFound, withoutOutliers } from '@mediclip/adaptation';
import type { AdaptationOptions } from '@mediclip/contracts';
import type { Engine } from '@mediclip/engine';
import type { Output } from '../terminal/output.js';
import type { LoadedShots } from './load-shots.js';

/**
 * Names the shots that do not belong to the others, and leaves them out where the options say so; says whether more
 * shots would help. `outFolder` is for what was found.
 */
export async function judgeOutliers(
  engine: Pick<Engine, 'inspect'>,
  options: AdaptationOptions,
  { images, files, origin }: LoadedShots,
  outFolder: string,
  output: Pick<Output, 'event' | 'remark'>,
): Promise<Pick<LoadedShots, 'images' | 'origin'>> {
  if (images.length < leastNormals) return { images, origin };
  await engine.inspect({ kind: 'inspection', options, images, outFolder });
  const found = await readNormalsFound(outFolder);
  const excluded = options.excludeOutliers ?? false;
  for (const { index, kind } of found.outliers) {
    output.event({ event: 'outlier', file: files[index]!, kind, excluded });
  }
  for (const note of outliersNotes(found, (index) => files[index]!, excluded)) output.remark(note);
  if (found.gainOfMore !== undefined) {
    output.event({ event: 'enough', gainOfMore: found.gainOfMore });
    output.remark(enoughNote(found.gainOfMore));
  }
  const kept = withoutOutliers(found, excluded);
  return { images: kept(images), origin: { ...origin, pixelDigests: kept(origin.pixelDigests) } };
}
