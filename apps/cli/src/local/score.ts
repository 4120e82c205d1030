import path from 'node:path';
import { readDetector } from '@mediclip/adaptation';
import type { Engine } from '@mediclip/engine';
import { decisionOf, kinshipOf, regionThresholdOf } from '@mediclip/evaluation';
import { writeNpy } from '@mediclip/maps';
import type { AxisFlags } from '../commands/reading-flags.js';
import { readModelRecord } from '../folder/model-record.js';
import { readImageFile } from '../image-files.js';
import { naming, withImagingPool } from '../images.js';
import type { ScoreFile, Task } from '../workplace/workplace.js';

/** Lends `use` what scores files with the detector of a folder, in an engine that may still be starting. */
export async function score(
  model: string,
  starting: Promise<Engine>,
  flags: AxisFlags,
  { signal }: Task,
  use: (scoreFile: ScoreFile) => Promise<void>,
): Promise<void> {
  const { side, intensity } = (await readDetector(model)).description;
  const detector = { id: 'model', folder: path.resolve(model) };
  const rule = await readModelRecord(model);
  const from = regionThresholdOf(rule ?? { calibration: null });
  await withImagingPool(flags, (pool) =>
    use(async function* (file, wanted) {
      const bytes = await readImageFile(file);
      const wants = {
        prepared: { side, kind: 'test' as const },
        intensity,
        ...(wanted.overlay && { ground: true as const }),
      };
      let count = 1;
      for (let frame = 0; frame < count; frame++) {
        const { prepared, ground, description } = await naming(file, pool.frame(bytes, wants, { frame }));
        const { notes, frameCount, format } = description;
        const hasFrames = frameCount > 1 && ['dicom', 'nifti', 'tiff'].includes(format);
        if (hasFrames) count = frameCount;
        const images = [{ side, data: prepared.data }];
        const [answer] = await (await starting).score({ detector, images }, { signal });
        if (!answer) throw new Error('This is a bug: the engine answered no score.');
        const { score: value, logit, map, mapSide, kinship } = answer;
        yield {
          score: value,
          scoreLogit: logit,
          ...(rule && decisionOf(value, rule, logit)),
          ...kinshipOf(kinship),
          frame: hasFrames ? frame + 1 : undefined,
          notes,
          ...(ground && { overlay: await pool.overlay(ground, map, mapSide, { from }) }),
          ...(wanted.npy && { npy: writeNpy(map, [mapSide, mapSide]) }),
        };
      }
    }),
  );
}
