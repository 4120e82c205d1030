import path from 'node:path';
import { readDetector } from '@mediclip/adaptation';
import type { Engine } from '@mediclip/engine';
import { type Figure, imageMetrics, type PixelMetrics, PixelMetricsAccumulator } from '@mediclip/evaluation';
import type { ImagingPool } from '@mediclip/imaging';
import { type ComputeFlags, withEngine } from '../engine-options.js';
import type { TestFile } from '../folder/data-files.js';
import { readDataFolder } from '../folder/data-folder.js';
import { naming, readImageFile, takeInOrder, withImagingPool } from '../images.js';
import { createOutput } from '../terminal/output.js';
import { Progress } from '../terminal/progress.js';
import { UsageError } from '../usage-error.js';

/**
 * `mediclip evaluate MODEL FOLDER`: how well the detector tells the folder's normal and abnormal test images apart, and their pixels
 * where every abnormal image has a mask.
 */
export async function evaluate(model: string, folder: string, flags: ComputeFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(flags.json);
  const { side } = (await readDetector(model)).description;
  const { test } = await readDataFolder(folder);
  if (test.length === 0) throw new UsageError(`${folder} has no test images: add test/normal and test/abnormal.`);
  const detector = { id: 'model', folder: path.resolve(model) };
  const pixels = hasAllMasks(test) ? new PixelMetricsAccumulator() : undefined;
  const progress = new Progress(output, 'images');
  const scores: number[] = [];

  const scoreOne = async (testFile: TestFile, pool: ImagingPool, engine: Engine) => {
    const prepare = async (file: string, kind: 'test' | 'mask') =>
      (await naming(file, pool.prepare(await readImageFile(file), { side, kind }))).image.data;
    const images = [{ side, data: await prepare(testFile.file, 'test') }];
    const [answer] = await engine.score({ detector, images }, { signal });
    const mask = testFile.mask === undefined ? new Uint8Array(side * side) : await prepare(testFile.mask, 'mask');
    return { ...answer!, mask };
  };

  // The figures' intervals depend on the order of the images.
  const take = ({ score, map, mask }: Awaited<ReturnType<typeof scoreOne>>) => {
    pixels?.add(map, mask, side, side);
    scores.push(score);
    progress.update({ phase: 'scoring', done: scores.length, total: test.length });
  };
  await withImagingPool((pool) =>
    withEngine(flags, (engine) => takeInOrder(test, (testFile) => scoreOne(testFile, pool, engine), take)),
  ).finally(() => progress.stop());
  const images = imageMetrics(
    scores,
    test.map(({ abnormal }) => abnormal),
  );
  const pixelMetrics = pixels?.result();
  output.event({
    event: 'evaluated',
    images: withoutCurves(images),
    pixels: pixelMetrics && withoutCurves(pixelMetrics),
  });
  for (const line of table(images, pixelMetrics)) output.line(line);
}

const hasAllMasks = (test: readonly TestFile[]): boolean =>
  test.some(({ mask }) => mask !== undefined) && test.every(({ abnormal, mask }) => !abnormal || mask !== undefined);

/** The figures without the points of their curves. */
function withoutCurves(metrics: object): object {
  return Object.fromEntries(
    Object.entries(metrics).filter(([key]) => !['roc', 'precisionRecall', 'proCurve', 'curves'].includes(key)),
  );
}

function table(images: ReturnType<typeof imageMetrics>, pixels: PixelMetrics | undefined): string[] {
  const { normalImages, abnormalImages, auroc, averagePrecision, f1Max } = images;
  return [
    `images: ${normalImages} normal, ${abnormalImages} abnormal`,
    row('image AUROC', auroc),
    row('image average precision', averagePrecision),
    row('image F1-max', f1Max),
    ...(pixels ? [row('pixel AUROC', pixels.auroc), row('pixel average precision', pixels.averagePrecision)] : []),
  ];
}

function row(name: string, figure: Figure): string {
  if (!figure.defined) return `${name.padEnd(26)} -       ${figure.reason}`;
  const { value, interval } = figure;
  const range = interval.defined ? `  95 % interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}` : '';
  return `${name.padEnd(26)} ${value.toFixed(4)}${range}`;
}
