import path from 'node:path';
import { type DetectorDescription, pixelDigest, readDetector } from '@mediclip/adaptation';
import { type AuditedEvaluation, auditEvaluation, auditImages } from '@mediclip/audit';
import { type EvaluationAudit, mostForeignImages } from '@mediclip/contracts';
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
type Evaluated = { readonly testFile: TestFile } & (
  | (Pick<AnomalyMap, 'score' | 'logit' | 'map' | 'kinship'> & {
      readonly mask: Uint8Array | undefined;
      /** The digest of its pixels. */
      readonly digest: string;
      readonly group: string | undefined;
    })
  | { readonly leftOut: string }
);

/**
 * How well the detector tells the folder's normal and abnormal test images apart, and
 * their pixels where abnormal images have masks. An image that cannot be used, or whose mask cannot, is left out,
 * counted and said.
 */
export async function evaluate(
  model: string,
  folder: string,
  flags: EvaluateFlags,
  { output, signal }: Task,
): Promise<EvaluatedFolder> {
  const { side, intensity, images: shots } = (await readDetector(model)).description;
  const data = await readDataFolder(folder, { areFoldersGroups: flags.groups });
  const { test } = data;
  if (test.length === 0) throw new UsageError(`${folder} has no test images: add test/normal and test/abnormal.`);
  announce(output, data);
  const detector = { id: 'model', folder: path.resolve(model) };
  const pixels = test.some(({ mask }) => mask !== undefined) ? new PixelMetricsAccumulator() : undefined;
  const progress = new Progress(output, 'images');
  const scores: number[] = [];
  const ranked = new Map<string, number>();
  const abnormal: boolean[] = [];
  const groups: (string | undefined)[] = [];
  const logits: number[] = [];
  const kin: AnomalyMap['kinship'][] = [];
  const counts = { masks: 0, leftOut: 0, copies: 0, learned: 0 };
  const learned = new Set(shots.pixelDigests);
  const shown = new Set<string>();
  let done = 0;

  const scoreOne = async (testFile: TestFile, pool: ImagingPool, engine: Engine): Promise<Evaluated> => {
    try {
      const { image, mask, group } = await readTestFile(testFile, pool, { side, intensity }, output.remark);
      const [answer] = await engine.score({ detector, images: [{ side, data: image }] }, { signal });
      if (!answer) throw new Error('This is a bug: the engine answered no score.');
      const { score, logit, map, kinship } = answer;
      return { testFile, score, logit, map, kinship, mask, digest: pixelDigest({ data: image }), group };
    } catch (error) {
      if (error instanceof UsageError) return { testFile, leftOut: error.message };
      throw error;
    }
  };
  const take = (evaluated: Evaluated) => {
    const { testFile } = evaluated;
    if ('leftOut' in evaluated) {
      counts.leftOut++;
      output.event({ event: 'left-out', file: testFile.file, message: evaluated.leftOut });
      output.remark(`Left out: ${evaluated.leftOut}`);
    } else if (learned.has(evaluated.digest)) counts.learned++;
    else if (shown.has(`${testFile.abnormal} ${evaluated.digest}`)) counts.copies++;
    else {
      shown.add(`${testFile.abnormal} ${evaluated.digest}`);
      scores.push(evaluated.score);
      ranked.set(path.relative(folder, testFile.file), evaluated.logit ?? evaluated.score);
      if (evaluated.logit !== undefined) logits.push(evaluated.logit);
      abnormal.push(testFile.abnormal);
      groups.push(evaluated.group);
      kin.push(evaluated.kinship);
      if (evaluated.mask) pixels?.add(evaluated.map, evaluated.mask, side, side);
      if (evaluated.mask && testFile.abnormal) counts.masks++;
    }
    progress.update({ phase: 'scoring', done: ++done, total: test.length });
  };
  // The figures' intervals depend on the order of the images.
  const all = async (pool: ImagingPool, engine: Engine) => {
    const scored = pMapIterable(test, (testFile) => scoreOne(testFile, pool, engine), { concurrency: filesAtOnce });
    for await (const evaluated of scored) take(evaluated);
  };
  await withStartingEngine(flags, (starting) =>
    withImagingPool(flags, async (pool) => all(pool, await starting)),
  ).finally(() => progress.stop());
  if (scores.length === 0) throw new UsageError(`None of the ${test.length} test images could be used: see above.`);
  const ranks = logits.length === scores.length ? logits : undefined;
  const images = withBothClasses(imageMetrics(scores, abnormal, { logits: ranks }));
  const members = scores.map((score, i) => ({ score, logit: ranks?.[i], abnormal: abnormal[i]!, group: groups[i] }));
  const ofGroups = groupMetrics(members, defaultHighest);
  const foreign = foreignFiles([...ranked.keys()], kin, ranks ?? scores, abnormal);
  const pixelMetrics = counts.masks > 0 ? pixels?.result() : undefined;
  const audited = await readTraits(folder, data, { output, signal }, flags);
  const audit = auditEvaluation(audited, auditImages(audited), ranked);
  return {
    normal: images.normalImages,
    abnormal: images.abnormalImages,
    ...counts,
    image: imageFigures(images),
    ...(pixelMetrics && { pixel: pixelFigures(pixelMetrics, counts.masks) }),
    ...(ofGroups && { groups: groupFigures(ofGroups) }),
    ...(foreign && { foreign }),
    audit: publishedAudit(audit),
    details: {
      images: withoutCurves(images),
      pixels: pixelMetrics && withoutCurves(pixelMetrics),
      ...(ofGroups && { groups: ofGroups }),
      audit,
    },
  };
}

/** Which files are not the kind of image that the detector knows; undefined where it does not tell. */
function foreignFiles(
  files: readonly string[],
  kin: readonly AnomalyMap['kinship'][],
  ranks: readonly number[],
  abnormal: readonly boolean[],
): EvaluatedFolder['foreign'] {
  if (kin.every((kinship) => kinship === undefined)) return undefined;
  const isForeign = kin.map((kinship) => kinship?.foreign !== undefined);
  const named = files.filter((_, place) => isForeign[place]);
  return {
    count: named.length,
    files: named.slice(0, mostForeignImages),
    aurocWithout: publishedFigure(aurocWithoutForeign(ranks, abnormal, isForeign)),
  };
}

function publishedAudit({ warnings, withoutCopies, bestCue }: AuditedEvaluation): EvaluationAudit {
  return {
    warnings,
    withoutCopies: { ...withoutCopies, auroc: publishedFigure(withoutCopies.auroc) },
    ...(bestCue && { bestCue: { ...bestCue, modelAuroc: publishedFigure(bestCue.modelAuroc) } }),
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
