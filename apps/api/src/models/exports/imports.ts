import path from 'node:path';
import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import { type Model, ProblemError } from '@mediclip/contracts';
import { usableBackbone } from '../../backbones/backbone-catalogue.js';
import type { Call, HandlersOf } from '../../http/handlers.js';
import { withArchive } from '../../uploads/archive/receive-archive.js';
import { withTemporaryFolder } from '../../uploads/temporary-folder.js';
import type { TenantUsage } from '../../usage/tenant-usage.js';
import type { BuiltDetector } from './build-detector.js';
import type { ExportDependencies } from './exports.js';
import { unpackExport } from './unpack-export.js';

export interface ImportDependencies extends ExportDependencies {
  readonly usage: Pick<TenantUsage, 'assertRoom'>;
}

export function importHandlers(dependencies: ImportDependencies): HandlersOf<'importModel'> {
  return {
    async importModel(call) {
      const model = await importModel(call, dependencies);
      return { json: model, location: `/v1/models/${model.id}` };
    },
  };
}

async function importModel(
  call: Call<'importModel'>,
  { settings, backboneThreads, memory, usage }: ImportDependencies,
): Promise<Model> {
  await usage.assertRoom(call.store, { bytes: 1 });
  return withTemporaryFolder(settings.dataDir, async (folder) => {
    const detector = path.join(folder, 'detector');
    const bounds = { calibrationImages: settings.datasetImages, nowMs: Date.now() };
    const exported = await withArchive(call, folder, { limits: settings.archives, memory }, ({ files }) =>
      unpackExport(files, detector, bounds),
    );
    usableBackbone(exported.configuration.backbone, settings.modelsDir);
    const { signal, store } = call;
    const building = backboneThreads.run('buildDetector', detector, { signal, caller: store.tenant });
    assertSame(exported, await building.catch(asFaultOfArchive));
    signal.throwIfAborted();
    const { id, importedAt, sizeBytes, digest, ...model } = exported;
    return store.models.addImported(call.newId, model, detector);
  });
}

/** The record of the model must tell of the detector that came with it. */
function assertSame({ configuration, lineage, intensity }: Model, detector: BuiltDetector): void {
  const { backbone, backboneDigest, taps } = detector;
  const told = [configuration.backbone, lineage.backbone, lineage.backboneDigest, configuration.taps, intensity];
  const is = [backbone, backbone, backboneDigest, taps, detector.intensity];
  if (JSON.stringify(told) === JSON.stringify(is)) return;
  throw new ProblemError('model-archive-invalid', 'The record of the model tells of another detector than its own.');
}

/** What would be damage to a stored model is, here, an archive that holds no usable one. */
function asFaultOfArchive(error: unknown): never {
  const isUnusable =
    (error instanceof AdaptationError && error.code === 'corrupt-detector') ||
    (error instanceof WeightsError && error.code === 'unknown-tap');
  if (!isUnusable) throw error;
  throw new ProblemError('model-archive-invalid', 'The detector in the archive cannot be used.', {}, { cause: error });
}
