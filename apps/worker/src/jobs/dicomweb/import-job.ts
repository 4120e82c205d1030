import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type FileOutcome, ProblemError } from '@mediclip/contracts';
import { type InstanceUids, isOwnObject } from '@mediclip/dicom-objects';
import { DicomwebClient, DicomwebError, type DicomwebSettings, sealOf, serverOf, vaultOf } from '@mediclip/dicomweb';
import { ImageError } from '@mediclip/imaging';
import { ImageIntake, readingOf, type SpooledFile, spool } from '@mediclip/intake';
import { problemOf } from '@mediclip/problems';
import { ByteBudget } from '@mediclip/threads';
import { z } from 'zod';
import type { WorkerDependencies } from '../../dependencies.js';
import type { JobContext, JobRunner } from '../job-context.js';
import { withWorkFolder } from '../work-folders.js';

type Dependencies = Pick<WorkerDependencies, 'imagingPool' | 'settings' | 'store'> & {
  readonly dicomweb: DicomwebSettings;
};

const instancesSchema = z.array(
  z.strictObject({ sopClassUid: z.string(), sopInstanceUid: z.string(), studyUid: z.string(), seriesUid: z.string() }),
);
const doneSchema = z.strictObject({
  next: z.int().min(0),
  stored: z.int().min(0),
  /** Images of the stored instances; absent in notes of earlier versions. */
  images: z.int().min(0).optional(),
  rejected: z.record(z.string(), z.int().min(1)),
});

type Done = z.infer<typeof doneSchema>;

/** What may be on its way to the store at once, in files of the largest size. */
const filesInMemory = 2;

/** Instances between two notes of how far the import is. */
const chunkLength = 16;
/** How often an instance is fetched whose bytes broke off, and the pauses in between. */
const pausesMs = [500, 2000];

/**
 * Fetches what a query finds on a DICOMweb server into a data set. Which instances these are is fixed by the first
 * attempt; the next ones go on behind the last chunk that is in the data set, and what is stored twice has the same id.
 */
export function importJob(dependencies: Dependencies): JobRunner<'dicomweb-import'> {
  const memory = new ByteBudget({ bytes: filesInMemory * dependencies.settings.maximumImageBytes });
  return async (context) => {
    const { job, tenant, attempt, signal, report } = context;
    const { server, query, limit } = job.request;
    const client = new DicomwebClient(serverOf(dependencies.dicomweb.servers, server, tenant.tenant));
    const fixed = await fromScratch(context, 'instances', instancesSchema);
    const instances = fixed ?? (await client.search(query, limit, signal));
    if (!fixed) await toScratch(context, 'instances', instances);
    let done: Done = (await fromScratch(context, 'done', doneSchema)) ?? {
      next: 0,
      stored: 0,
      images: 0,
      rejected: {},
    };
    const progress = () => report({ phase: 'fetching', done: done.next, total: instances.length });
    progress();
    while (done.next < instances.length) {
      const chunk = instances.slice(done.next, done.next + chunkLength);
      const begin = done.next;
      const outcomes = await withWorkFolder(
        dependencies.settings.workFolder,
        { ...attempt, tenant: tenant.tenant },
        (folder) =>
          take(chunk, begin, { folder, client, context, dependencies, memory, images: done.images ?? done.stored }),
      );
      done = added(done, chunk.length, outcomes);
      await toScratch(context, 'done', done);
      progress();
    }
    const reasons = Object.entries(done.rejected).map(([title, count]) => ({ title, instances: count }));
    const rejected = reasons.reduce((sum, reason) => sum + reason.instances, 0);
    return { found: instances.length, stored: done.stored, rejected, reasons };
  };
}

interface Taking {
  readonly folder: string;
  readonly client: DicomwebClient;
  readonly context: JobContext<'dicomweb-import'>;
  readonly dependencies: Dependencies;
  readonly memory: ByteBudget;
  /** How many images the chunks before gave. */
  readonly images: number;
}

/** Puts a chunk into the data set; what became of each instance. */
async function take(
  chunk: readonly InstanceUids[],
  firstIndex: number,
  { folder, client, context, dependencies, memory, images }: Taking,
): Promise<FileOutcome[]> {
  const { job, tenant, attempt, signal } = context;
  const { imagingPool: imaging, settings, dicomweb } = dependencies;
  const { datasetId, split, label } = job.request;
  const reading = readingOf(job.request, await dependencies.store.identity());
  // Images of this chunk that an attempt before has stored will have the same places again.
  const { total } = await tenant.images.counts(datasetId);
  const ofImport = await tenant.images.countOfUpload(datasetId, job.id);
  const others = total - Math.max(0, ofImport - images);
  const intake = new ImageIntake({
    ...{
      images: tenant.images,
      imaging,
      datasetId,
      firstIndex,
      signal,
      memory,
      caller: tenant.tenant,
      uploadId: job.id,
    },
    room: Math.max(0, settings.datasetImages - others),
    datasetImages: settings.datasetImages,
    maximumBytes: settings.maximumImageBytes,
    seal: sealOf(vaultOf(dicomweb), datasetId),
    isOurs: () => tenant.attempts.assertCurrent(attempt).then(() => true),
  });
  try {
    for (const [index, uids] of chunk.entries()) {
      const fileName = `instance-${firstIndex + index + 1}.dcm`;
      const target = path.join(folder, String(firstIndex + index));
      try {
        const file = await fetched(uids, target, { client, maximumBytes: settings.maximumImageBytes, signal });
        const identity = file.isTooLarge ? undefined : await imaging.identity({ path: file.path }, { signal });
        if (identity && isOwnObject(identity)) {
          await intake.reject(fileName, new ProblemError('image-without-pixels', 'A result of this service.'));
        } else if (identity && identity.sopInstanceUid !== uids.sopInstanceUid) {
          await intake.reject(fileName, new ProblemError('dicomweb-refused', 'The server sent another instance.'));
        } else await intake.add({ fileName, split, label, reading, file });
      } catch (error) {
        if (!isOfInstance(error)) throw error;
        await intake.reject(fileName, problemOf(error));
      }
    }
    return (await intake.commit()).outcomes;
  } catch (error) {
    await intake.discard();
    throw error;
  }
}

/** What is wrong with one instance costs only itself. */
const isOfInstance = (error: unknown): boolean =>
  error instanceof ImageError || (error instanceof DicomwebError && error.code === 'no-such-instance');

async function fetched(
  uids: InstanceUids,
  target: string,
  options: { readonly client: DicomwebClient; readonly maximumBytes: number; readonly signal: AbortSignal },
): Promise<SpooledFile> {
  const { client, maximumBytes, signal } = options;
  for (let tries = 0; ; tries++) {
    try {
      return await spool(client.retrieve(uids, signal), `${target}-${tries}`, { maximumBytes, signal });
    } catch (error) {
      const wait = pausesMs[tries];
      if (!(error instanceof DicomwebError) || error.code !== 'unreachable' || wait === undefined) throw error;
      await pause(wait, undefined, { signal });
    }
  }
}

function added(
  { next, stored, images = stored, rejected }: Done,
  length: number,
  outcomes: readonly FileOutcome[],
): Done {
  const counts = { ...rejected };
  let count = stored;
  let imageCount = images;
  for (const outcome of outcomes) {
    if (outcome.outcome === 'stored') {
      count++;
      imageCount += outcome.imageIds.length;
    } else if (outcome.outcome === 'rejected') counts[outcome.error.title] = (counts[outcome.error.title] ?? 0) + 1;
  }
  return { next: next + length, stored: count, images: imageCount, rejected: counts };
}

async function fromScratch<S extends z.ZodType>(
  { tenant, attempt }: JobContext<'dicomweb-import'>,
  name: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  const kept = await tenant.attempts.getScratch(attempt, name);
  return kept && schema.parse(JSON.parse(new TextDecoder().decode(kept)));
}

async function toScratch(
  { tenant, attempt }: JobContext<'dicomweb-import'>,
  name: string,
  value: unknown,
): Promise<void> {
  await tenant.attempts.putScratch(attempt, name, new TextEncoder().encode(JSON.stringify(value)));
}
