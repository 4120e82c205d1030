import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type AdaptationJob, copiesNote, readDetector, writeExportedModel } from '@mediclip/adaptation';
import { openBackbone } from '@mediclip/backbones';
import { type Engine, EngineError } from '@mediclip/engine';
import { intensityFact } from '@mediclip/evaluation';
import { makeFolder } from '@mediclip/files';
import { parseAdaptationFlags } from '../commands/adaptation-input.js';
import type { DataFolder } from '../folder/data-files.js';
import { announce } from '../folder/data-folder.js';
import { judgeOutliers } from '../folder/judge-outliers.js';
import { loadShots } from '../folder/load-shots.js';
import type { Output } from '../terminal/output.js';
import { Progress } from '../terminal/progress.js';
import { StoppedError, UsageError } from '../usage-error.js';
import type { AdaptFlags, MadeDetector, Task } from '../workplace/workplace.js';
import { withEngine } from './with-engine.js';

/**
 * Adapts a detector to the normal images of a folder. Works in `OUT.partial` and renames the
 * finished folder to `OUT`, so that `OUT` is whole or not there. `signal` stops it with a checkpoint, from which
 * `--resume` goes on.
 */
export async function adapt(folder: string, flags: AdaptFlags, { output, signal }: Task): Promise<MadeDetector> {
  const options = await parseAdaptationFlags(flags);
  const out = path.resolve(flags.out ?? `${path.basename(path.resolve(folder))}.mediclip`);
  const partial = `${out}.partial`;
  checkPlaces(out, partial, flags);
  const backbone = openBackbone(options.backbone, { modelsFolder: path.resolve(flags.modelsDir) });
  for (const tap of options.taps ?? []) backbone.tapShape(tap);
  const report = {
    note: (file: string, note: string) => output.remark(`${file}: ${note}`),
    found: (data: DataFolder) => announce(output, data),
    leftOut(file: string, message: string) {
      output.event({ event: 'left-out', file, message });
      output.remark(`Left out, and another image chosen: ${message}`);
    },
  };
  const loaded = await loadShots(folder, options, backbone.side, report, flags);
  const { intensity, copies } = loaded;
  for (const { file, of } of copies) output.event({ event: 'copy-left-out', file, of });
  if (copies.length > 0) output.remark(copiesNote(loaded.images.length, copies.length));

  if (intensity) {
    output.event({ event: 'intensity', intensity });
    output.remark(`Greys deeper than 8 bits are rendered ${intensityFact(intensity)}.`);
  }
  const outFolder = path.join(partial, 'model');
  await withEngine(flags, async (engine) => {
    signal.throwIfAborted();
    if (!flags.resume) await rm(partial, { recursive: true, force: true });
    await makeFolder(partial);
    const shots = await judgeOutliers(engine, options, loaded, path.join(partial, 'inspection'), output);
    const job: AdaptationJob = { options, ...shots, intensity, workFolder: partial, outFolder };
    await train(engine, job, output, signal, flags);
  });
  await writeExportedModel(outFolder, await readDetector(outFolder), backbone);
  if (existsSync(out)) await rename(out, path.join(partial, 'replaced'));
  await rename(outFolder, out);
  await rm(partial, { recursive: true, force: true });
  return { model: out, place: out, called: flags.out ?? path.basename(out) };
}

/**
 * Refuses to touch what is there unless told to go on from it or to replace it, and to replace anything but a detector.
 */
function checkPlaces(out: string, partial: string, flags: AdaptFlags): void {
  if (existsSync(out) && !flags.overwrite) {
    throw new UsageError(`${out} exists: name another place with --out, or replace it with --overwrite.`);
  }
  if (existsSync(out) && !existsSync(path.join(out, 'detector.json'))) {
    throw new UsageError(`${out} is no detector and is not replaced: name another place with --out.`);
  }
  if (flags.resume && !existsSync(partial)) {
    throw new UsageError(`There is no stopped run at ${partial}: leave out --resume to start one.`);
  }
  if (existsSync(partial) && !flags.resume && !flags.overwrite) {
    throw new UsageError(
      `A stopped run is at ${partial}: add --resume to go on with it, or --overwrite to start again.`,
    );
  }
}

async function train(
  engine: Engine,
  job: AdaptationJob,
  output: Output,
  signal: AbortSignal,
  flags: AdaptFlags,
): Promise<void> {
  const { provider, passedOver } = engine.state;
  if (passedOver !== undefined) output.remark(passedOver);
  output.event({ event: 'started', provider, shots: job.images.length, options: job.options });
  output.remark(`Adapting to ${job.images.length} normal images on ${provider} with ${job.options.backbone}.`);
  const progress = new Progress(output, 'steps');
  engine.on('restart', ({ reason, description }) => {
    output.event({ event: 'engine-restarted', reason, description });
    output.remark(`The engine process ended (${description}) and goes on from the last checkpoint.`);
  });
  engine.on('batchHalved', (halved) => {
    output.event({ event: 'batch-halved', ...halved });
    output.remark(`Memory ran out: batches of the ${halved.work} are ${halved.batch} images from now on.`);
  });
  const stop = () => void engine.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await engine.adapt(job, { onProgress: (step) => progress.update(step) });
  } catch (error) {
    if (error instanceof EngineError && error.code === 'stopped') {
      const place = flags.out === undefined ? '' : ` --out ${flags.out}`;
      throw new StoppedError(`Stopped; go on with: mediclip adapt … --resume${place}`);
    }
    // Without a checkpoint there is nothing to go on from.
    if (!existsSync(path.join(job.workFolder, 'training', 'checkpoint'))) {
      await rm(job.workFolder, { recursive: true, force: true });
    }
    throw error;
  } finally {
    progress.stop();
    signal.removeEventListener('abort', stop);
  }
}
