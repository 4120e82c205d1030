import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { listBackbones } from '@mediclip/backbones';
import type { Model } from '@mediclip/contracts';
import { recalibrate, renderModelCard } from '@mediclip/evaluation';
import { sha256Of, writeFileWhole } from '@mediclip/files';
import { modelRecordFile, readModelRecord } from '../folder/model-record.js';
import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';

export interface ThresholdFlags {
  readonly alpha?: string;
  readonly threshold?: string;
  readonly calibrated?: boolean;
  readonly json: boolean;
}

const cardFile = 'model-card.md';
const sumsFile = 'SHA256SUMS';

/**
 * `mediclip threshold MODEL`: changes the threshold of an unpacked export as `PUT /v1/models/{id}/threshold` does that
 * of a model of the
 * service: by the alpha of its calibration, or by hand. Record, card and digests are written anew, so that it can be
 * imported.
 */
export async function threshold(folder: string, flags: ThresholdFlags): Promise<void> {
  const output = createOutput(flags.json);
  const model = await readModelRecord(folder);
  if (model === undefined) {
    throw new UsageError(
      `${folder} has no ${modelRecordFile}, so no threshold: calibrate the model on a server, export it, and name the unpacked archive.`,
    );
  }
  const changed = change(model, flags);
  const backbone = listBackbones().find(({ id }) => id === changed.lineage.backbone);
  if (backbone === undefined) throw new UsageError(`There is no backbone ${changed.lineage.backbone} in this version.`);
  const files = new Map([
    [modelRecordFile, `${JSON.stringify(changed, null, 2)}\n`],
    [cardFile, renderModelCard(changed, backbone)],
  ]);
  const sums = await sumsWith(folder, files);
  for (const [name, text] of [...files, [sumsFile, sums] as const]) {
    await writeFileWhole(path.join(folder, name), text);
  }
  const { calibration, manualThreshold } = changed;
  const decides = manualThreshold?.threshold ?? calibration?.threshold;
  const source = manualThreshold ? 'manual' : 'calibrated';
  output.event({
    event: 'threshold',
    threshold: decides,
    source,
    ...(!manualThreshold && { alpha: calibration?.alpha }),
  });
  output.line(
    decides === undefined
      ? 'The model has no threshold now.'
      : `Scores above ${decides} are called abnormal${manualThreshold ? ' (set by hand, no guarantee)' : `: at most ${100 * calibration!.alpha} % of normal images`}.`,
  );
}

function change({ manualThreshold, ...model }: Model, flags: ThresholdFlags): Model {
  const asked = [flags.alpha, flags.threshold, flags.calibrated].filter((flag) => flag !== undefined);
  if (asked.length !== 1) throw new UsageError('Say one of --alpha A, --threshold T and --calibrated.');
  if (flags.threshold !== undefined) {
    const value = shareOf('--threshold', flags.threshold);
    return { ...model, manualThreshold: { threshold: value, setAt: new Date().toISOString() } };
  }
  if (flags.alpha === undefined) return model;
  if (model.calibration === null) {
    throw new UsageError('The model is not calibrated: calibrate it on a server, or set a threshold by hand.');
  }
  const alpha = shareOf('--alpha', flags.alpha);
  if (alpha === 0 || alpha === 1) throw new UsageError('--alpha is more than 0 and less than 1.');
  const made = recalibrate(model.calibration, alpha);
  if (!made.defined) throw new UsageError(made.reason);
  return { ...model, calibration: made.calibration };
}

function shareOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new UsageError(`${flag} is a number from 0 to 1.`);
  return value;
}

/** The digests of the export, with those of the files that are about to change. */
async function sumsWith(folder: string, changed: ReadonlyMap<string, string>): Promise<string> {
  const lines = (await readFile(path.join(folder, sumsFile), 'utf8')).split('\n');
  const written = await Promise.all(
    lines.map(async (line) => {
      const name = line.slice(line.indexOf('  ') + 2);
      const text = changed.get(name);
      return text === undefined ? line : `${await sha256Of(new TextEncoder().encode(text))}  ${name}`;
    }),
  );
  return written.join('\n');
}
