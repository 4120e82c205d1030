import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type InspectedNormals, inspectNormals, type LookedAt, type NormalsView } from '@mediclip/adaptation';
import type { AuditedImage } from '@mediclip/contracts';
import type { Engine } from '@mediclip/engine';
import type { ImagingPool } from '@mediclip/imaging';
import type { AxisFlags } from '../commands/reading-flags.js';
import { readImageFile } from '../image-files.js';
import { naming, withImagingPool } from '../images.js';
import { UsageError } from '../usage-error.js';
import type { Task } from '../workplace/workplace.js';

/**
 * Which normal images of a folder, named by their paths in it, do not belong to the others, and whether more would
 * help. The engine is asked for nothing where they are too few.
 */
export async function inspectFolder<T extends Pick<AuditedImage, 'fileName'>>(
  folder: string,
  normals: readonly T[],
  engine: Pick<Engine, 'inspect'>,
  { output, signal }: Task,
  reading: AxisFlags,
): Promise<InspectedNormals<T>> {
  const outFolder = await mkdtemp(path.join(tmpdir(), 'mediclip-audit-'));
  try {
    return await withImagingPool(reading, async (pool) => {
      const look = async ({ fileName }: T, view: NormalsView) => {
        try {
          return await lookAt(path.join(folder, fileName), pool, view);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          output.event({ event: 'left-out', message: error.message });
          output.remark(`Left out: ${error.message}`);
          return undefined;
        }
      };
      return inspectNormals(normals, { engine, look, outFolder, signal });
    });
  } finally {
    await rm(outFolder, { recursive: true, force: true });
  }
}

async function lookAt(file: string, pool: ImagingPool, { side, intensity }: NormalsView): Promise<LookedAt> {
  const wants = { prepared: { side, kind: 'test' }, intensity, statistics: true } as const;
  const { prepared, statistics } = await naming(file, pool.frame(await readImageFile(file), wants));
  return { picture: prepared, statistics };
}
