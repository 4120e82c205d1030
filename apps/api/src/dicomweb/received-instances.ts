import path from 'node:path';
import { ProblemError } from '@mediclip/contracts';
import { type InstanceUids, isOwnObject, isUid } from '@mediclip/dicom-objects';
import { type DicomIdentity, ImageError } from '@mediclip/imaging';
import { type SpooledFile, spool } from '@mediclip/intake';
import {
  boundaryOf,
  FormFault,
  parameterOf,
  type ReadPart,
  type RelatedHead,
  readParts,
  readRelatedHead,
} from '@mediclip/multipart';
import { problemOf } from '@mediclip/problems';
import type { ImageDependencies } from '../datasets/images.js';
import { rawBody } from '../http/body-digest.js';
import type { Call } from '../http/handlers.js';
import { failureReasonOf, failureReasons } from './failure-reasons.js';
import type { InstanceOutcome } from './stow-answer.js';

/** A part of a STOW-RS body that lies in a file: an instance that can be taken, or what is wrong with it. */
export type ReceivedInstance =
  | { readonly file: SpooledFile; readonly uids: InstanceUids; readonly failed?: never }
  | { readonly failed: InstanceOutcome & { readonly failure: number } };

type StowCall = Pick<Call<'storeStudyInDataset' | 'scoreStudy'>, 'request' | 'signal' | 'store'>;

const mediaType = 'application/dicom';

/**
 * The instances of a STOW-RS body as they arrive, each written to a file in `folder`. A bad one costs only itself.
 * Throws `unsupported-media-type` for other bodies than of DICOM files, `malformed-multipart`, `payload-too-large` and
 * `ClientGone`.
 */
export async function* receivedInstances(
  call: StowCall,
  folder: string,
  dependencies: ImageDependencies,
): AsyncGenerator<ReceivedInstance> {
  const { uploads } = dependencies.settings;
  let parts = 0;
  try {
    const contentType = call.request.headers['content-type'] ?? '';
    assertFiles(contentType);
    const body = rawBody(call.request, uploads.formBytes);
    for await (const part of readParts(body, boundaryOf(contentType), readRelatedHead)) {
      if (++parts > uploads.files) throw new FormFault(`it has more than ${uploads.files} parts`);
      yield await received(part, path.join(folder, `instance-${parts}`), call, dependencies);
    }
    if (parts === 0) throw new FormFault('it has no part');
  } catch (error) {
    if (!(error instanceof FormFault)) throw error;
    throw new ProblemError('malformed-multipart', `The body cannot be read: ${error.message}.`, {}, { cause: error });
  }
}

function assertFiles(contentType: string): void {
  const type = parameterOf(contentType, 'type')?.toLowerCase() ?? mediaType;
  if (type === mediaType) return;
  throw new ProblemError('unsupported-media-type', `This path takes multipart/related; type="${mediaType}".`);
}

async function received(
  part: ReadPart<RelatedHead>,
  target: string,
  { signal, store }: StowCall,
  { settings, imaging }: ImageDependencies,
): Promise<ReceivedInstance> {
  const file = await spool(part.content, target, { maximumBytes: settings.images.maximumBytes, signal });
  const failed = (failure: number, identity?: DicomIdentity): ReceivedInstance => ({
    failed: { ...uidsIn(identity), failure },
  });
  if (part.mediaType !== mediaType && part.mediaType !== '') return failed(failureReasons.unreadable);
  if (file.isTooLarge) return failed(failureReasons.noRoom);
  try {
    const identity = await imaging.identity({ path: target }, { signal, caller: store.tenant });
    if (identity === undefined) return failed(failureReasons.unreadable);
    const { sopClassUid, sopInstanceUid, studyUid, seriesUid } = identity;
    if (isOwnObject(identity)) return failed(failureReasons.ownResult, identity);
    if (!isKnown(sopClassUid) || !isKnown(sopInstanceUid) || !isKnown(studyUid) || !isKnown(seriesUid)) {
      return failed(failureReasons.withoutUids, identity);
    }
    if (!identity.hasPixels) return failed(failureReasons.noImage, identity);
    return { file, uids: { sopClassUid, sopInstanceUid, studyUid, seriesUid } };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return failed(failureReasonOf(problemOf(error).slug));
  }
}

const isKnown = (uid: string | undefined): uid is string => uid !== undefined && isUid(uid);

/** The UIDs of an instance as far as they are any. */
function uidsIn(identity: DicomIdentity | undefined): InstanceOutcome {
  const { sopClassUid, sopInstanceUid } = identity ?? {};
  return {
    sopClassUid: isKnown(sopClassUid) ? sopClassUid : undefined,
    sopInstanceUid: isKnown(sopInstanceUid) ? sopInstanceUid : undefined,
  };
}
