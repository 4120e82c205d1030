import path from 'node:path';
import { type DetectorDescription, type DetectorReference, pixelDigest, readDetector } from '@mediclip/adaptation';
import { auditEvaluation, auditImages, evaluationAudit } from '@mediclip/audit';
import { mostForeignImages } from '@mediclip/contracts';
import type { Engine } from '@mediclip/engine';
import {
  aurocWithoutForeign,
  defaultHighest,
  groupFigures,
  groupMetrics,
  imageFigures,
  imageMetrics,
  PixelMetricsAccumulator,
  pixelFigures,
  publishedFigure,
  withBothClasses,
} from '@mediclip/evaluation';
import type { ImagingPool } from '@mediclip/imaging';
import type { AnomalyMap } from '@mediclip/maps';
import { pMapIterable } from 'p-map';
import type { TestFile } from '../folder/data-files.js';
import { announce, readDataFolder } from '../folder/data-folder.js';
import { readTraits } from '../folder/read-traits.js';
import { filesAtOnce, readImageFile } from '../image-files.js';
import { naming, withImagingPool } from '../images.js';
import { Progress } from '../terminal/progress.js';
import { UsageError } from '../usage-error.js';
import type { EvaluatedFolder, EvaluateFlags, Task } from '../workplace/workplace.js';
import { withStartingEngine } from './start-engine.js';

/** A test image with its score, or why it is left out, as a sentence. */
type Scored = { readonly testFile: TestFile } & (
  | (Pick<AnomalyMap, 'score' | 'logit' | 'map' | 'kinship'> & {
      readonly mask: Uint8Array | undefined;
      /** The digest of its pixels. */
      readonly digest: string;
      readonly group: string | undefined;
    })
  | { readonly leftOut: string }
);

/** A test image that is in the figures. */
interface Measured extends Pick<AnomalyMap, 'score' | 'logit' | 'kinship'> {
  /** Its path in the folder. */
  readonly name: string;
  readonly abnormal: boolean;
  readonly group: string | undefined;
}

/** The test images of a folder, and the detector that is to score them. */
interface Asked {
  readonly folder: string;
  readonly test: readonly TestFile[];
  readonly detector: DetectorReference;
  readonly description: DetectorDescription;
}

/**
 * How well the detector tells the folder's normal and abnormal test images apart, and their pixels where abnormal
 * images have masks. An image that cannot be used, or whose mask cannot, is left out, counted and said.
 */
export async function evaluate(
  model: string,
  folder: string,
  flags: EvaluateFlags,
  task: Task,
): Promise<EvaluatedFolder> {
  const { description } = await readDetector(model);
  const data = await readDataFolder(folder, { areFoldersGroups: flags.groups });
  const { test } = data;
  if (test.length === 0) throw new UsageError(`${folder} has no test images: add test/normal and test/abnormal.`);
  announce(task.output, data);
  const detector = { id: 'model', folder: path.resolve(model) };
  const { measured, counts, pixels } = await measure({ folder, test, detector, description }, flags, task);
  if (measured.length === 0) throw new UsageError(`None of the ${test.length} test images could be used: see above.`);
  const scores = measured.map(({ score }) => score);
  const abnormal = measured.map((image) => image.abnormal);
  const known = measured.flatMap(({ logit }) => logit ?? []);
  const logits = known.length === measured.length ? known : undefined;
  const images = withBothClasses(imageMetrics(scores, abnormal, { logits }));
  const groups = groupMetrics(
    measured.map((image, i) => ({ ...image, logit: logits?.[i] })),
    defaultHighest,
  );
  const foreign = foreignFiles(measured, logits ?? scores);
  const pixelMetrics = counts.masks > 0 ? pixels?.result() : undefined;
  const traits = await readTraits(folder, data, task, flags);
  const ranks = new Map(measured.map(({ name, score, logit }) => [name, logit ?? score]));
  const audit = auditEvaluation(traits, auditImages(traits), ranks);
  return {
    normal: images.normalImages,
    abnormal: images.abnormalImages,
    ...counts,
    image: imageFigures(images),
    ...(pixelMetrics && { pixel: pixelFigures(pixelMetrics, counts.masks) }),
    ...(groups && { groups: groupFigures(groups) }),
    ...(foreign && { foreign }),
    audit: evaluationAudit(audit),
    details: {
      images: withoutCurves(images),
      pixels: pixelMetrics && withoutCurves(pixelMetrics),
      ...(groups && { groups }),
      audit,
    },
  };
}

/**
 * Scores the test images, in their order, on which the intervals of figures depend: those that are in the figures, how
 * many are not, by the reason, and how many have masks, and the pixels of those with a known mask.
 */
async function measure({ folder, test, detector, description }: Asked, flags: EvaluateFlags, task: Task) {
  const { output } = task;
  const { side } = description;
  const pixels = test.some(({ mask }) => mask !== undefined) ? new PixelMetricsAccumulator() : undefined;
  const progress = new Progress(output, 'images');
  const measured: Measured[] = [];
  const counts = { masks: 0, leftOut: 0, copies: 0, learned: 0 };
  const learned = new Set(description.images.pixelDigests);
  const shown = new Set<string>();
  let done = 0;
  const take = (scored: Scored) => {
    const { file, abnormal } = scored.testFile;
    if ('leftOut' in scored) {
      counts.leftOut++;
      output.event({ event: 'left-out', file, message: scored.leftOut });
      output.remark(`Left out: ${scored.leftOut}`);
    } else if (learned.has(scored.digest)) counts.learned++;
    else if (shown.has(`${abnormal} ${scored.digest}`)) counts.copies++;
    else {
      shown.add(`${abnormal} ${scored.digest}`);
      const { score, logit, kinship, group, map, mask } = scored;
      measured.push({ name: path.relative(folder, file), abnormal, score, logit, kinship, group });
      if (mask) pixels?.add(map, mask, side, side);
      if (mask && abnormal) counts.masks++;
    }
    progress.update({ phase: 'scoring', done: ++done, total: test.length });
  };
  const all = async (pool: ImagingPool, engine: Engine) => {
    const scoreOne = (file: TestFile) => scoreTestFile(file, { detector, description }, { pool, engine }, task);
    for await (const scored of pMapIterable(test, scoreOne, { concurrency: filesAtOnce })) take(scored);
  };
  await withStartingEngine(flags, (starting) =>
    withImagingPool(flags, async (pool) => all(pool, await starting)),
  ).finally(() => progress.stop());
  return { measured, counts, pixels };
}

/** The score of a test image; one that cannot be used, or whose mask cannot, is left out. */
async function scoreTestFile(
  testFile: TestFile,
  { detector, description }: Pick<Asked, 'detector' | 'description'>,
  { pool, engine }: { readonly pool: ImagingPool; readonly engine: Engine },
  { output, signal }: Task,
): Promise<Scored> {
  try {
    const { image, mask, group } = await readTestFile(testFile, pool, description, output.remark);
    const images = [{ side: description.side, data: image }];
    const [answer] = await engine.score({ detector, images }, { signal });
    if (!answer) throw new Error('This is a bug: the engine answered no score.');
    const { score, logit, map, kinship } = answer;
    return { testFile, score, logit, map, kinship, mask, digest: pixelDigest({ data: image }), group };
  } catch (error) {
    if (error instanceof UsageError) return { testFile, leftOut: error.message };
    throw error;
  }
}

/** Which files are not the kind of image that the detector knows; undefined where it does not tell. */
function foreignFiles(measured: readonly Measured[], ranks: readonly number[]): EvaluatedFolder['foreign'] {
  if (measured.every(({ kinship }) => kinship === undefined)) return undefined;
  const isForeign = measured.map(({ kinship }) => kinship?.foreign !== undefined);
  const named = measured.filter((_, place) => isForeign[place]).map(({ name }) => name);
  const abnormal = measured.map((image) => image.abnormal);
  return {
    count: named.length,
    files: named.slice(0, mostForeignImages),
    aurocWithout: publishedFigure(aurocWithoutForeign(ranks, abnormal, isForeign)),
  };
}

/**
 * The pixels of a test image and of its mask, zeros for a normal one, undefined for an abnormal one without mask.
 * Throws a UsageError.
 */
async function readTestFile(
  { file, abnormal, mask, group: given }: TestFile,
  pool: ImagingPool,
  { side, intensity }: Pick<DetectorDescription, 'side' | 'intensity'>,
  remark: (text: string) => void,
) {
  const prepare = async (name: string, kind: 'test' | 'mask') => {
    const frame = await naming(name, pool.frame(await readImageFile(name), { prepared: { side, kind }, intensity }));
    for (const note of frame.description.notes) remark(`${name}: ${note}`);
    return frame;
  };
  const { prepared, description: image } = await prepare(file, 'test');
  const group = given ?? image.group;
  if (mask === undefined) {
    return { image: prepared.data, mask: abnormal ? undefined : new Uint8Array(side * side), group };
  }
  const { prepared: marked, description } = await prepare(mask, 'mask');
  if (description.width !== image.width || description.height !== image.height) {
    const sizes = [image, description].map(({ width, height }) => `${width} x ${height}`);
    throw new UsageError(`${file}: the image has ${sizes[0]} pixels and its mask ${sizes[1]}.`);
  }
  if (!abnormal && marked.data.includes(1)) {
    throw new UsageError(`${mask}: the mask marks pixels of an image that counts as normal.`);
  }
  return { image: prepared.data, mask: marked.data, group };
}

/** The figures without the points of their curves. */
function withoutCurves(metrics: object): object {
  return Object.fromEntries(
    Object.entries(metrics).filter(([key]) => !['roc', 'precisionRecall', 'proCurve', 'curves'].includes(key)),
  );
}
