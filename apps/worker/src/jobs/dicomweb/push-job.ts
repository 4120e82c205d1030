import type { ObjectThreads } from '@mediclip/dicom-objects';
import { DicomwebClient, type DicomwebSettings, serverOf, studyResults, vaultOf } from '@mediclip/dicomweb';
import type { WorkerDependencies } from '../../dependencies.js';
import type { JobRunner } from '../job-context.js';

type Dependencies = Pick<WorkerDependencies, 'imagingPool'> & {
  readonly dicomweb: DicomwebSettings;
  readonly objects: ObjectThreads;
};

/** Objects of one request, at most; what is larger goes alone. */
const batchObjects = 16;
const batchBytes = 32 * 1024 * 1024;

/**
 * Sends the results of a scoring to a DICOMweb server. Names and dates are what the server itself says of each
 * instance, and are kept nowhere. An attempt that was interrupted is repeated whole: the objects have the same UIDs
 * again.
 */
export function pushJob({ imagingPool, dicomweb, objects }: Dependencies): JobRunner<'dicomweb-push'> {
  return async ({ job, tenant, signal, report }) => {
    const { scoringId, server, kinds } = job.request;
    const { job: scoring } = await tenant.jobs.get(scoringId);
    if (scoring.kind !== 'scoring') throw new Error(`This is a bug: the job ${scoringId} is no scoring.`);
    const client = new DicomwebClient(serverOf(dicomweb.servers, server, tenant.tenant));
    const expected = (scoring.result?.scored ?? 0) * kinds.length;
    let sent = 0;
    let batch: Uint8Array[] = [];
    let bytes = 0;
    const progress = () => report({ phase: 'sending', done: sent, total: Math.max(sent, expected) });
    const send = async () => {
      if (batch.length === 0) return;
      await client.store(batch, signal);
      sent += batch.length;
      batch = [];
      bytes = 0;
      progress();
    };
    progress();
    const describe = (uids: Parameters<DicomwebClient['metadata']>[0]) => client.metadata(uids, signal);
    const written = studyResults({
      ...{ store: tenant, imaging: imagingPool, objects, vault: vaultOf(dicomweb) },
      ...{ job: scoring, kinds, describe, signal },
    });
    for await (const object of written) {
      if (bytes + object.length > batchBytes) await send();
      batch.push(object);
      bytes += object.length;
      if (batch.length === batchObjects) await send();
    }
    await send();
    return { objects: sent };
  };
}
