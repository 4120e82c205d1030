import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { listedBackbone } from '@mediclip/backbones';
import type { Model } from '@mediclip/contracts';
import { recalibrate, renderModelCard } from '@mediclip/evaluation';
import { sha256Of, writeFileWhole } from '@mediclip/files';
import { modelRecordFile, readModelRecord } from '../folder/model-record.js';
import { UsageError } from '../usage-error.js';
import type { ThresholdChoice } from '../workplace/workplace.js';

const cardFile = 'model-card.md';
const sumsFile = 'SHA256SUMS';

/**
 * Changes the threshold of an unpacked export as `PUT /v1/models/{id}/threshold` does that of a model of the service.
 * Record, card and digests are written anew, so that it can be imported.
 */
export async function setThreshold(folder: string, choice: ThresholdChoice): Promise<Model> {
  const model = await readModelRecord(folder);
  if (model === undefined) {
    throw new UsageError(
      `${folder} has no ${modelRecordFile}, so no threshold: calibrate the model on a server, export it, and name the unpacked archive.`,
    );
  }
  const changed = change(model, choice);
  const backbone = listedBackbone(changed.lineage.backbone);
  if (backbone === undefined) throw new UsageError(`There is no backbone ${changed.lineage.backbone} in this version.`);
  const files = new Map([
    [modelRecordFile, `${JSON.stringify(changed, null, 2)}\n`],
    [cardFile, renderModelCard(changed, backbone)],
  ]);
  const sums = await sumsWith(folder, files);
  for (const [name, text] of [...files, [sumsFile, sums] as const]) {
    await writeFileWhole(path.join(folder, name), text);
  }
  return changed;
}

function change({ manualThreshold: _, ...model }: Model, { alpha, threshold }: ThresholdChoice): Model {
  if (threshold !== undefined) {
    return { ...model, manualThreshold: { threshold, setAt: new Date().toISOString() } };
  }
  if (alpha === undefined) return model;
  if (model.calibration === null) {
    throw new UsageError('The model is not calibrated: calibrate it on a server, or set a threshold by hand.');
  }
  const made = recalibrate(model.calibration, alpha);
  if (!made.defined) throw new UsageError(made.reason);
  return { ...model, calibration: made.calibration };
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
