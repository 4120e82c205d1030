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
import { type AdaptationProgress, RunInParts } from '../training/run-in-parts.js';
import type { InspectionJob } from './inspection-job.js';
import { gainOfMore } from './learning-curve.js';
import { patchDistances } from './patch-distances.js';

const foundFile = 'normals.json';

const foundSchema = z.strictObject({
  outliers: z.array(z.strictObject({ index: z.int().min(0), kind: z.enum(['other-kind', 'inverted']) })),
  isMixed: z.boolean(),
  gainOfMore: z.number().min(0).max(1).optional(),
});

/** What an inspection finds. */
export interface NormalsInspected extends NormalsFound {
  /** See `gainOfMore`; undefined where the images are too few to tell. */
  readonly gainOfMore?: number | undefined;
}

/** The learning curve of more images than these is that of the first of them. */
const mostOnCurve = 48;

/**
 * Looks for normal images that do not belong to the others, and whether there are enough of the rest; it keeps no
 * checkpoint.
 */
export class InspectionRun extends RunInParts {
  readonly #job: InspectionJob;
  readonly #tower: Tower;
  readonly #learnedTaps: readonly number[];
  readonly #letTowerGo: () => void;

  private constructor(job: InspectionJob, tower: Tower, learnedTaps: readonly number[]) {
    super(job.images.length);
    this.#job = job;
    this.#learnedTaps = learnedTaps;
    this.#tower = tower;
    this.#letTowerGo = tower.retain();
  }

  /** The tower that the images go through is that of the detector's memory, so that it is loaded once for both. */
  static open(job: InspectionJob, towers: Pick<Towers, 'open'>): InspectionRun {
    const { backbone, taps } = towers.open(job.options.backbone, job.options.taps);
    const compared = detectorTaps({ taps, memory: { taps: memoryTaps(backbone, taps) } });
    return new InspectionRun(job, towers.open(backbone.id, compared), taps);
  }

  /** Nothing is kept: the whole takes seconds. */
  async checkpoint(): Promise<void> {}

  async release(): Promise<void> {
    await this.end();
    this.#letTowerGo();
  }

  protected override async *parts(): AsyncGenerator<AdaptationProgress, void> {
    const { images, outFolder } = this.#job;
    const described: KindDescription[] = [];
    for await (const kind of describeKinds(this.#tower, images)) {
      yield { phase: 'preparing', done: described.push(kind), total: images.length };
    }
    const found = findOutliers(described, relatives(images));
    const gain = yield* this.#gainOfMore(found);
    await mkdir(outFolder, { recursive: true });
    await writeFileWhole(path.join(outFolder, foundFile), JSON.stringify({ ...found, gainOfMore: gain }));
  }

  /** Of the images that belong. */
  async *#gainOfMore({ outliers }: NormalsFound): AsyncGenerator<AdaptationProgress, number | undefined> {
    const left = new Set(outliers.map(({ index }) => index));
    const belonging = this.#job.images.filter((_, index) => !left.has(index));
    const looked = belonging.slice(0, mostOnCurve);
    const { backbone } = this.#tower;
    const compared = memoryTaps(backbone, this.#learnedTaps);
    const apart: Float32Array[] = [];
    for await (const ofImage of patchDistances(this.#tower, compared, looked)) {
      apart.push(ofImage);
      yield this.progress;
    }
    return gainOfMore(apart, relatives(looked), belonging.length);
  }
}

/** What an inspection found. */
export async function readNormalsFound(outFolder: string): Promise<NormalsInspected> {
  return foundSchema.parse(JSON.parse(await readFile(path.join(outFolder, foundFile), 'utf8')));
}
