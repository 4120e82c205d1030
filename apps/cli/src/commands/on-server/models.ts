import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Alias, Model, ModelSummary } from '@mediclip/contracts';
import { datasetOf } from '../../server/dataset-of.js';
import { followJob } from '../../server/follow-job.js';
import { onServer, type Server } from '../../server/server.js';
import { createOutput, type Output } from '../../terminal/output.js';
import { UsageError } from '../../usage-error.js';
import { type JsonFlags, tellEach } from './tell-each.js';

const tell = (output: Output, model: Model | ModelSummary) => {
  const { id, createdAt, name = '' } = model;
  const backbone = 'backbone' in model ? model.backbone : model.lineage.backbone;
  const isCalibrated = 'calibrated' in model ? model.calibrated : model.calibration !== null;
  output.event({ event: 'model', ...model });
  output.line(
    [id, createdAt, backbone.padEnd(8), (isCalibrated ? 'calibrated' : '').padEnd(10), name].join('  ').trimEnd(),
  );
};

export const listModels = ({ client }: Server, flags: JsonFlags): Promise<void> =>
  tellEach(client.listModels(), tell, flags);

export async function showModel({ client }: Server, model: string, { json }: JsonFlags): Promise<void> {
  tell(createOutput(json), await onServer(client.getModel(model)));
}

/** `mediclip models export MODEL FILE`: the file is whole or not there. */
export async function exportModel({ client }: Server, model: string, file: string, { json }: JsonFlags): Promise<void> {
  const output = createOutput(json);
  const partial = `${file}.partial`;
  try {
    await onServer(client.exportModel(model, partial));
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  output.event({ event: 'model-exported', model, file });
  output.line(`The model ${model} is in ${file}.`);
}

export async function importModel({ client }: Server, file: string, { json }: JsonFlags): Promise<void> {
  tell(createOutput(json), await onServer(client.importModel(() => createReadStream(file))));
}

export async function deleteModel({ client }: Server, model: string, { json }: JsonFlags): Promise<void> {
  await onServer(client.deleteModel(model));
  createOutput(json).event({ event: 'model-deleted', model });
}

/**
 * `mediclip calibrate MODEL FOLDER`: chooses the threshold of a model from normal images that it has not learned from.
 */
export async function calibrate(
  server: Server,
  model: string,
  folder: string,
  flags: JsonFlags & { readonly alpha: string },
  signal: AbortSignal,
): Promise<void> {
  const output = createOutput(flags.json);
  const alpha = Number(flags.alpha);
  if (!(alpha > 0 && alpha < 1)) throw new UsageError('--alpha is more than 0 and less than 1.');
  const task = { output, signal };
  const made = async () => {
    const { dataset } = await datasetOf(server, folder, task);
    const job = await server.client.calibrateModel(model, { datasetId: dataset.id, alpha }, { signal });
    return followJob(server, job, task);
  };
  const { threshold, images, notes = [] } = await onServer(made());
  for (const note of notes) output.remark(note);
  output.event({ event: 'calibrated', model, threshold, alpha, images });
  output.line(
    `Scores above ${threshold} are called abnormal: at most ${100 * alpha} % of normal images, by ${images} of them.`,
  );
}

const tellAlias = (output: Output, alias: Alias) => {
  output.event({ event: 'alias', ...alias });
  output.line([alias.name, alias.modelId, alias.updatedAt].join('  '));
};

export const listAliases = ({ client }: Server, flags: JsonFlags): Promise<void> =>
  tellEach(client.listAliases(), tellAlias, flags);

export async function setAlias(
  { client }: Server,
  name: string,
  modelId: string,
  { json, ifModel }: JsonFlags & { readonly ifModel?: string },
): Promise<void> {
  const body = { modelId, ...(ifModel !== undefined && { ifModelId: ifModel }) };
  tellAlias(createOutput(json), await onServer(client.setAlias(name, body)));
}

export async function rollBackAlias({ client }: Server, name: string, { json }: JsonFlags): Promise<void> {
  tellAlias(createOutput(json), await onServer(client.rollBackAlias(name)));
}

export async function deleteAlias({ client }: Server, name: string, { json }: JsonFlags): Promise<void> {
  await onServer(client.deleteAlias(name));
  createOutput(json).event({ event: 'alias-deleted', name });
}
