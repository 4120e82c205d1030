import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Model } from '@mediclip/contracts';
import { renderModelCard } from '@mediclip/evaluation';
import type { BackboneThreads } from '../../backbone-threads/backbone-threads.js';
import { usableBackbone } from '../../backbones/backbone-catalogue.js';
import type { ServerSettings } from '../../dependencies.js';
import type { Call, HandlersOf, RawAnswer } from '../../http/handlers.js';
import type { ServerMemory } from '../../memory.js';
import { withTemporaryFolder } from '../../uploads/temporary-folder.js';
import { exportExamples, exportFiles } from './export-files.js';
import { inMemory, type ZipContent, zipStream } from './zip-stream.js';

export interface ExportDependencies {
  readonly settings: ServerSettings;
  readonly backboneThreads: BackboneThreads;
  readonly memory: ServerMemory;
}

export function exportHandlers(dependencies: ExportDependencies): HandlersOf<'exportModel'> {
  return {
    async exportModel(call) {
      const { params, store, signal } = call;
      const model = await store.models.get(params.id);
      const caller = store.tenant;
      const lease = await dependencies.memory.export.take(copies * model.sizeBytes, { signal, caller });
      call.reply.raw.once('close', () => lease.giveBack());
      return exportModel(call, model, dependencies);
    },
  };
}

/** How often a detector's arrays are in an export: in its files and in its graph. */
const copies = 2;

/**
 * The model with everything that it needs elsewhere; where its results go is a matter of this server. Only weights are
 * read while they are sent; all else is small.
 */
async function exportModel(
  { store, signal }: Call<'exportModel'>,
  { dicomResults: _, ...model }: Model,
  { settings, backboneThreads }: ExportDependencies,
): Promise<RawAnswer> {
  const backbone = usableBackbone(model.configuration.backbone, settings.modelsDir);
  const files = await withTemporaryFolder(settings.dataDir, async (folder) => {
    const detector = await store.models.fetch(model.id, folder);
    const { onnx, weights } = await backboneThreads.run('buildDetector', detector, { signal, caller: store.tenant });
    const own = (await store.models.files(model.id)).map(async ({ name }) =>
      inMemory(name, await readFile(path.join(detector, name))),
    );
    return [
      inMemory(exportFiles.onnx, onnx),
      ...(await Promise.all(Object.entries(weights).map(onDisk))),
      ...(await Promise.all(own)),
    ];
  });
  files.push(
    inMemory(exportFiles.record, `${JSON.stringify(model, null, 2)}\n`),
    inMemory(exportFiles.card, renderModelCard(model, backbone)),
  );
  for (const { name, source } of exportExamples) files.push(inMemory(name, await readFile(source)));
  return {
    mediaType: 'application/zip',
    bytes: zipStream(files, new Date(model.createdAt)),
    headers: { 'content-disposition': `attachment; filename="model-${model.id}.zip"` },
  };
}

async function onDisk([name, file]: readonly [string, string]): Promise<ZipContent> {
  return { name, sizeBytes: (await stat(file)).size, open: () => createReadStream(file) };
}
