import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileWhole } from '@mediclip/files';
import { z } from 'zod';
import { detectorTaps } from '../detector/detector-shape.js';
import { memoryTaps } from '../graphs/patch-memory.js';
import { describeKinds } from '../kinship/describe-kinds.js';
import type { KindDescription } from '../kinship/likeness.js';
import { findOutliers, type NormalsFound } from '../kinship/outliers.js';
import { relatives } from '../shots/relatives.js';
import type { Tower } from '../tower/tower.js';
import type { Towers } from '../tower/towers.js';
import type { AdaptationProgress } from '../training/adaptation-run.js';
import type { InspectionJob } from './inspection-job.js';

const foundFile = 'normals.json';

const foundSchema = z.strictObject({
  outliers: z.array(z.strictObject({ index: z.int().min(0), kind: z.enum(['other-kind', 'inverted']) })),
  isMixed: z.boolean(),
});

/**
 * Looks for normal images that do not belong to the others, in small parts, as an adaptation; it keeps no checkpoint.
 */
export class InspectionRun {
  #progress: AdaptationProgress;
  readonly #parts: AsyncGenerator<AdaptationProgress, void>;
  readonly #letTowerGo: () => void;

  private constructor(
    private readonly job: InspectionJob,
    private readonly tower: Tower,
  ) {
    this.#letTowerGo = tower.retain();
    this.#progress = { phase: 'preparing', done: 0, total: job.images.length };
    this.#parts = this.#run();
  }

  /** The tower that the images go through is that of the detector's memory, so that it is loaded once for both. */
  static open(job: InspectionJob, towers: Pick<Towers, 'open'>): InspectionRun {
    const { backbone, taps } = towers.open(job.options.backbone, job.options.taps);
    const compared = detectorTaps({ taps, memory: { taps: memoryTaps(backbone, taps) } });
    return new InspectionRun(job, towers.open(backbone.id, compared));
  }

  get progress(): AdaptationProgress {
    return this.#progress;
  }

  /** Does the next small part of the work; true when what was found is written. */
  async advance(): Promise<boolean> {
    const { done, value } = await this.#parts.next();
    if (value) this.#progress = value;
    return done === true;
  }

  /** Nothing is kept: the whole takes seconds. */
  async checkpoint(): Promise<void> {}

  async release(): Promise<void> {
    await this.#parts.return();
    this.#letTowerGo();
  }

  async *#run(): AsyncGenerator<AdaptationProgress, void> {
    const { images, outFolder } = this.job;
    const described: KindDescription[] = [];
    for await (const kind of describeKinds(this.tower, images)) {
      yield { phase: 'preparing', done: described.push(kind), total: images.length };
    }
    const found = findOutliers(described, relatives(images));
    await mkdir(outFolder, { recursive: true });
    await writeFileWhole(path.join(outFolder, foundFile), JSON.stringify(found));
  }
}

/** What an inspection found. */
export async function readNormalsFound(outFolder: string): Promise<NormalsFound> {
  return foundSchema.parse(JSON.parse(await readFile(path.join(outFolder, foundFile), 'utf8')));
}
