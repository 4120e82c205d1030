import { Readable } from 'node:stream';
import { ProblemError } from '@mediclip/contracts';
import type { ObjectThreads } from '@mediclip/dicom-objects';
import {
  assertCanSend,
  DicomwebClient,
  type DicomwebSettings,
  type ReferenceVault,
  serverOf,
  studyResults,
} from '@mediclip/dicomweb';
import { relatedStream } from '@mediclip/multipart';
import type { Imaging } from '../dependencies.js';
import type { HandlersOf } from '../http/handlers.js';
import { scoringWithResults } from '../jobs/results.js';
import { type Submission, submitJob } from '../jobs/submit-job.js';

export interface StudyDependencies extends Submission {
  readonly dicomweb: DicomwebSettings;
  readonly vault: ReferenceVault | undefined;
  readonly imaging: Imaging;
  readonly objects: ObjectThreads;
}

export function studyHandlers(
  dependencies: StudyDependencies,
): HandlersOf<'getStudyResults' | 'pushStudyResults' | 'importFromDicomweb'> {
  const { dicomweb, vault, imaging, objects } = dependencies;
  return {
    async getStudyResults({ params, query, store, signal }) {
      const job = await scoringWithResults(store, params.id);
      const { server } = query;
      const client =
        server === undefined ? undefined : new DicomwebClient(serverOf(dicomweb.servers, server, store.tenant));
      const written = studyResults({
        ...{ store, imaging, objects, vault, job, kinds: [params.kind], signal },
        describe: client && ((uids) => client.metadata(uids, signal)),
      });
      // Whatever keeps the objects from being written shows with the first one, while the answer can still be a
      // problem.
      const first = await written.next();
      if (first.done) throw new ProblemError('not-found', 'No image of the study has a region.');
      const all = async function* () {
        yield first.value;
        yield* written;
      };
      const { contentType, bytes } = relatedStream('application/dicom', all());
      return { mediaType: contentType, bytes: Readable.from(bytes, { objectMode: false }) };
    },

    async pushStudyResults(call) {
      const { params, body, store } = call;
      const { request } = await scoringWithResults(store, params.id);
      assertCanSend(dicomweb, body.server, store.tenant);
      const { modelId, datasetId } = request;
      const asked = { scoringId: params.id, modelId, datasetId, server: body.server, kinds: [params.kind] };
      return submitJob(call, { kind: 'dicomweb-push', request: asked }, dependencies);
    },

    async importFromDicomweb(call) {
      const { params, body, store } = call;
      await store.datasets.get(params.id);
      serverOf(dicomweb.servers, body.server, store.tenant);
      await dependencies.usage.assertRoom(store, { images: 1, bytes: 1 });
      return submitJob(call, { kind: 'dicomweb-import', request: { ...body, datasetId: params.id } }, dependencies);
    },
  };
}
