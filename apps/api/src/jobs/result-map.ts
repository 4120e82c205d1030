import { type ChosenIntensity, ProblemError } from '@mediclip/contracts';
import { readNpy } from '@mediclip/maps';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import type { Imaging } from '../dependencies.js';
import type { ServerMemory } from '../memory.js';

/** The stored map of an image, an NPY file, as it is or as an overlay of the image. Rejects with `RecordNotFound`. */
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
  const result = await store.results.get(id, imageId);
  const image = await store.images.get(datasetId, imageId).catch((error: unknown) => {
    if (!(error instanceof RecordNotFound)) throw error;
    throw new ProblemError('not-found', 'The image was deleted since: ask for application/x-npy to get its map.');
  });
  const { shape, data } = readNpy(npy);
  const mapSide = shape[0]!;
  const regions = result.outcome === 'scored' ? result.regions : [];
  const boxes = regions.map(({ x, y, width, height }) => ({
    box: {
      x: (x * mapSide) / image.width,
      y: (y * mapSide) / image.height,
      width: (width * mapSide) / image.width,
      height: (height * mapSide) / image.height,
    },
  }));
  const wants = { overlay: { map: data, mapSide, regions: boxes }, intensity: await intensityOf(store, modelId) };
  const options = { signal, caller: store.tenant };
  const { overlay } = await memory.drawing.with(2 * image.sizeBytes, options, async () =>
    imaging.frame(await store.images.bytes(image), wants, { pixels: image.pixels, ...options }),
  );
  return overlay;
}

/**
 * What the model does with deep greys, so that the picture is the one that was scored; as for people once the model is
 * deleted.
 */
async function intensityOf({ models }: TenantStore, modelId: string): Promise<ChosenIntensity | undefined> {
  try {
    return (await models.get(modelId)).intensity;
  } catch (error) {
    if (error instanceof RecordNotFound) return undefined;
    throw error;
  }
}
