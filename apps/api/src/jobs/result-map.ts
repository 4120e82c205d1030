import { type Model, ProblemError } from '@mediclip/contracts';
import { regionThresholdOf } from '@mediclip/evaluation';
import { readNpy } from '@mediclip/maps';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import type { Imaging } from '../dependencies.js';
import type { ServerMemory } from '../memory.js';

/** The stored map of an image: the NPY file, or the image beside its overlay. Rejects with `RecordNotFound`. */
export async function resultMap(
  {
    store,
    imaging,
    memory,
    signal,
  }: {
    readonly store: TenantStore;
    readonly imaging: Imaging;
    readonly memory: ServerMemory;
    readonly signal: AbortSignal;
  },
  {
    id,
    imageId,
    datasetId,
    modelId,
    mediaType,
  }: {
    readonly id: string;
    readonly imageId: string;
    readonly datasetId: string;
    readonly modelId: string;
    readonly mediaType: 'image/png' | 'application/x-npy';
  },
): Promise<Uint8Array> {
  const npy = await store.results.map(id, imageId);
  if (mediaType === 'application/x-npy') return npy;
  const image = await store.images.get(datasetId, imageId).catch((error: unknown) => {
    if (!(error instanceof RecordNotFound)) throw error;
    throw new ProblemError('not-found', 'The image was deleted since: ask for application/x-npy to get its map.');
  });
  const { shape, data } = readNpy(npy);
  const mapSide = shape[0]!;
  const model = await modelOf(store, modelId);
  const overlay = { map: data, mapSide, from: regionThresholdOf(model ?? { calibration: null }) };
  const wants = { overlay, intensity: model?.intensity };
  const options = { signal, caller: store.tenant };
  const drawn = await memory.drawing.with(2 * image.sizeBytes, options, async () =>
    imaging.frame(await store.images.bytes(image), wants, { pixels: image.pixels, ...options }),
  );
  return drawn.overlay;
}

/**
 * The model, so that the picture is the one that was scored; undefined once it is deleted: then greys are as for people
 * and the threshold is that of a model without one.
 */
async function modelOf({ models }: TenantStore, modelId: string): Promise<Model | undefined> {
  try {
    return await models.get(modelId);
  } catch (error) {
    if (error instanceof RecordNotFound) return undefined;
    throw error;
  }
}
