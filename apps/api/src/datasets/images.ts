import path from 'node:path';
import {
  dicomGroupsSchema,
  groupSchema,
  type Label,
  labelSchema,
  ProblemError,
  type Split,
  sliceAxisSchema,
  splitSchema,
  type Upload,
} from '@mediclip/contracts';
import { type ReferenceVault, sealOf } from '@mediclip/dicomweb';
import {
  type FileNames,
  ImageIntake,
  type IncomingImage,
  type ReadingRequest,
  readingOf,
  spool,
} from '@mediclip/intake';
import type { z } from 'zod';
import type { Imaging, ServerSettings } from '../dependencies.js';
import { namesEntityTag } from '../http/entity-tag.js';
import type { Call, HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import type { ServerMemory } from '../memory.js';
import { readForm } from '../uploads/form.js';
import { withTemporaryFolder } from '../uploads/temporary-folder.js';
import type { TenantUsage } from '../usage/tenant-usage.js';
import { imagePreview } from './image-preview.js';

export interface ImageDependencies {
  readonly usage: TenantUsage;
  readonly settings: ServerSettings;
  readonly imaging: Imaging;
  readonly memory: ServerMemory;
  readonly names: FileNames;
  /** Of the digests that patients are told by. */
  readonly patientKey: string;
  /** What seals which instances DICOM files are, where that is kept. */
  readonly vault: ReferenceVault | undefined;
}

export function imageHandlers(
  dependencies: ImageDependencies,
): HandlersOf<
  'uploadImages' | 'listImages' | 'getImage' | 'changeImage' | 'getImageContent' | 'getImagePreview' | 'deleteImage'
> {
  const { names } = dependencies;
  return {
    uploadImages: async (call) => ({ json: await uploadImages(call, dependencies) }),

    listImages: async ({ params, query: { split, label, group, ...page }, store }) => ({
      json: jsonPage(await store.images.list(params.id, page, { split, label, group: group && names.ofGroup(group) })),
    }),

    getImage: async ({ params, store }) => ({ json: await store.images.get(params.id, params.imageId) }),

    changeImage: async ({ params, body, store }) => ({
      json: await store.images.move(params.id, params.imageId, {
        ...body,
        ...(body.group && { group: names.ofGroup(body.group) }),
      }),
    }),

    async getImageContent({ params, store, request }) {
      const image = await store.images.get(params.id, params.imageId);
      const etag = `"${image.sha256}"`;
      if (namesEntityTag(request.headers['if-none-match'], etag)) return { notModified: etag };
      const { stream, sizeBytes } = await store.images.content(image);
      const headers = { 'content-length': String(sizeBytes), etag };
      return { mediaType: image.mediaType, bytes: stream, headers };
    },

    getImagePreview: (call) => imagePreview(call, dependencies),

    async deleteImage({ params, store }) {
      await store.images.delete(params.id, params.imageId);
      return undefined;
    },
  };
}

/**
 * Takes images until the data set is full; what `receive` throws, and a tenant that has too much with them, undoes all
 * of it.
 */
export async function takeImages(
  {
    store,
    signal,
    newId,
    attempt,
  }: Pick<
    Call<'uploadImages' | 'uploadArchive' | 'storeStudyInDataset' | 'scoreStudy'>,
    'store' | 'signal' | 'newId' | 'attempt'
  >,
  datasetId: string,
  { settings, imaging, memory, names, usage, vault }: ImageDependencies,
  receive: (intake: ImageIntake) => Promise<void>,
): Promise<Upload> {
  const counts = await store.images.counts(datasetId);
  const total = counts.total - (attempt.isRepeat ? await store.images.countOfUpload(datasetId, newId) : 0);
  const { datasetImages } = settings;
  if (total >= datasetImages) throw new ProblemError('data-set-full', undefined, { limit: datasetImages });
  const room = await usage.assertRoom(store, { images: 1, bytes: 1 });
  const intake = new ImageIntake({
    images: store.images,
    imaging,
    datasetId,
    room: datasetImages - total,
    datasetImages,
    maximumBytes: settings.images.maximumBytes,
    uploadId: newId,
    names,
    seal: sealOf(vault, datasetId),
    isOurs: attempt.isOurs,
    signal,
    caller: store.tenant,
    memory: memory.storing,
  });
  try {
    await receive(intake);
    const stored = await intake.stored();
    usage.assertFits(room, stored);
    const upload = await intake.commit();
    usage.added(store, stored);
    return upload;
  } catch (error) {
    await intake.discard();
    throw error;
  }
}

async function uploadImages(call: Call<'uploadImages'>, dependencies: ImageDependencies): Promise<Upload> {
  const { settings } = dependencies;
  return withTemporaryFolder(settings.dataDir, (folder) =>
    takeImages(call, call.params.id, dependencies, (intake) => receiveForm(call, intake, folder, dependencies)),
  );
}

/** Reads the form as it arrives. A file is handed to the intake once the part behind it shows whether it has a mask. */
async function receiveForm(
  { request, signal }: Call<'uploadImages'>,
  intake: ImageIntake,
  folder: string,
  { settings: { uploads, images }, patientKey }: ImageDependencies,
): Promise<void> {
  let split: Split | undefined;
  let label: Label | undefined;
  let group: string | undefined;
  let wanted: ReadingRequest = {};
  let waiting: IncomingImage | undefined;
  let files = 0;
  let spooled = 0;
  const handOn = async () => {
    if (waiting) await intake.add(waiting);
    waiting = undefined;
  };
  for await (const part of readForm(request, { maximumBytes: uploads.formBytes, maximumFiles: 2 * uploads.files })) {
    if (part.kind === 'field') {
      if (part.name === 'split') split = oneOf(splitSchema, part);
      else if (part.name === 'label') label = oneOf(labelSchema, part);
      else if (part.name === 'group') group = groupIn(part.value);
      else if (part.name === 'axis') wanted = { ...wanted, axis: oneOf(sliceAxisSchema, part) };
      else if (part.name === 'dicomGroups') wanted = { ...wanted, dicomGroups: oneOf(dicomGroupsSchema, part) };
      else refusePart(part.name, 'This field is not known');
      continue;
    }
    if (part.name !== 'file' && part.name !== 'mask') refusePart(part.name, 'This field is not known');
    const received = await spool(part.content, path.join(folder, `part-${spooled++}`), {
      maximumBytes: images.maximumBytes,
      signal,
    });
    if (part.name === 'file') {
      if (++files > uploads.files) tooManyFiles(uploads.files);
      await handOn();
      if (split === undefined) refusePart('split', 'This field must stand before the first file');
      if (label === undefined) refusePart('label', 'This field must stand before the first file');
      waiting = {
        fileName: part.fileName,
        split,
        label,
        group,
        reading: readingOf(wanted, patientKey),
        file: received,
      };
    } else {
      if (waiting && waiting.mask === undefined) waiting = { ...waiting, mask: received };
      else if (waiting) waiting = { ...waiting, mask: new ProblemError('mask-without-image') };
      else await intake.reject(part.fileName, new ProblemError('mask-without-image'));
    }
  }
  await handOn();
  if (files === 0) refusePart('file', 'At least one file is needed');
}

/** A group, or none where the field is empty. */
function groupIn(value: string): string | undefined {
  if (value === '') return undefined;
  const { data, error } = groupSchema.safeParse(value);
  return data ?? refusePart('group', error?.issues[0]?.message ?? 'It is no group');
}

function oneOf<Value extends string>(
  schema: z.ZodEnum<Record<Value, Value>>,
  { name, value }: { readonly name: string; readonly value: string },
): Value {
  const { data } = schema.safeParse(value);
  return data ?? refusePart(name, `One of ${schema.options.map((option) => `\`${option}\``).join(', ')} is expected`);
}

/** Refuses the whole form for one part of it. */
function refusePart(name: string, detail: string): never {
  const errors = [{ in: 'body' as const, pointer: `/${name}`, detail }];
  throw new ProblemError('validation-failed', `The form's part ${JSON.stringify(name)}: ${detail}.`, { errors });
}

function tooManyFiles(limit: number): never {
  throw new ProblemError('malformed-multipart', `One form may have ${limit} files.`, { limit });
}
