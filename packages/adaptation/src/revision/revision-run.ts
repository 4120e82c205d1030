import { type Detector, detectorShape, readDetector, writeDetector } from '../detector/detector-files.js';
import type { DetectorTensors } from '../detector/detector-shape.js';
import { AdaptationError } from '../errors.js';
import { greyLayouts } from '../kinship/grey-layout.js';
import { relatives } from '../shots/relatives.js';
import { FeatureStore } from '../tower/feature-store.js';
import type { BorrowedTower, Tower } from '../tower/tower.js';
import type { Towers } from '../tower/towers.js';
import { fitMemory, memoryCopies, normalTaps } from '../training/fit-memory.js';
import { checkImages, imagesDigest, shotsOf } from '../training/job.js';
import { type AdaptationProgress, RunInParts } from '../training/run-in-parts.js';
import type { RevisionJob } from './revision-job.js';

/**
 * Makes a detector from another one and more normals: the memory is drawn again over all normals with the same seed and
 * measured anew (leave-one-out), the learned adapters and states stay as they are. It takes so little time that it
 * keeps no checkpoint: one that was interrupted begins again and writes the same bytes.
 */
export class RevisionRun extends RunInParts {
  readonly #normalsTower: BorrowedTower;
  readonly #normals: FeatureStore;
  readonly #letTowerGo: () => void;

  readonly #job: RevisionJob;
  readonly #parent: Detector;
  readonly #tower: Tower;

  private constructor(job: RevisionJob, parent: Detector, tower: Tower) {
    super(job.images.length);
    this.#job = job;
    this.#parent = parent;
    this.#tower = tower;
    this.#letTowerGo = tower.retain();
    this.#normalsTower = tower.borrow(normalTaps(tower, parent.description.options.scoring, job.images.length));
    this.#normals = new FeatureStore(job.workFolder);
  }

  /**
   * Prepares a revision. Throws an `AdaptationError` for a detector without a memory, images that do not fit, and first
   * images that are not those that the detector knows.
   */
  static async open(job: RevisionJob, towers: Pick<Towers, 'openFor'>): Promise<RevisionRun> {
    const parent = await readDetector(job.parentFolder);
    const { description } = parent;
    requireMemory(description);
    const tower = towers.openFor(description.backbone, description.taps);
    detectorShape(parent, tower.backbone);
    checkImages({ images: job.images, options: description.options }, tower);
    const known = shotsOf(job.images.slice(0, description.images.count));
    if (imagesDigest(known) !== description.images.digest) {
      throw new AdaptationError(
        'normals-differ',
        'The normal images that the model knows are not those that it was made with: bring the same files, or adapt again.',
      );
    }
    return new RevisionRun(job, parent, tower);
  }

  /** Nothing is kept: the whole takes seconds. */
  async checkpoint(): Promise<void> {}

  /** Ends the run wherever it stands. */
  async release(): Promise<void> {
    await this.end();
    await this.#normalsTower.giveBack();
    await this.#normals.release();
    this.#letTowerGo();
  }

  protected override async *parts(): AsyncGenerator<AdaptationProgress, void> {
    const { images, outFolder, origin } = this.#job;
    const { description, tensors } = this.#parent;
    const total = images.length;
    for (const { data } of images) {
      await this.#normals.add(await this.#normalsTower.tower.featuresAlone(data));
      yield { phase: 'preparing', done: this.#normals.size, total };
    }
    for (const { data } of memoryCopies(images, this.#parent.description.options.scoring)) {
      await this.#normals.add(await this.#normalsTower.tower.featuresAlone(data));
      yield this.progress;
    }
    const { scoring, seed } = description.options;
    const learned = withoutMemory(tensors);
    const layouts = greyLayouts(images, this.#tower.backbone.side);
    const normals = { features: this.#normals, relatives: relatives(images), layouts };
    const fit = fitMemory(this.#tower, learned, normals, scoring, seed);
    let memory = await fit.next();
    for (; !memory.done; memory = await fit.next()) yield { phase: 'finishing', done: memory.value, total };
    if (memory.value === undefined) throw new Error('A revision made no memory; this is a bug.');
    await writeDetector(outFolder, {
      ...description,
      shape: {
        backbone: this.#tower.backbone,
        taps: description.taps,
        scoring,
        memory: memory.value.shape,
      },
      tensors: new Map([...learned, ...memory.value.tensors]),
      precision: await this.#tower.precision(),
      kinship: memory.value.kinship,
      images: {
        ...description.images,
        count: total,
        digest: imagesDigest(images),
        pixelDigests: [...origin.pixelDigests],
      },
      revision: { parentDigest: origin.parentDigest, addedImages: total - description.images.count },
    });
  }
}

/** Throws an `AdaptationError` when a detector has no memory, to which alone normals can be added. */
export function requireMemory({ memory }: Detector['description']): void {
  if (memory) return;
  throw new AdaptationError(
    'no-memory',
    'The model has no memory of normal patches (those of the paper preset, or of one shot, have none), so no images can be added to it: adapt again with them.',
  );
}

function withoutMemory(tensors: DetectorTensors): DetectorTensors {
  return new Map([...tensors].filter(([name]) => !/^(memory|kinship)\./.test(name)));
}
