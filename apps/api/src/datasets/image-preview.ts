import type { Imaging } from '../dependencies.js';
import type { Call, RawAnswer } from '../http/handlers.js';
import type { ServerMemory } from '../memory.js';

/** Kept by the browser alone, and shown again only when the server has let it in once more. */
const cacheControl = 'private, no-cache';

/** A PNG of the image with the longer side of the query, or 304 for one that the client has. */
export async function imagePreview(
  { params, query, headers, store, signal, reply }: Call<'getImagePreview'>,
  { imaging, memory }: { readonly imaging: Imaging; readonly memory: ServerMemory },
): Promise<RawAnswer | undefined> {
  const image = await store.images.get(params.id, params.imageId);
  const longerSide = Math.min(query.side, Math.max(image.width, image.height));
  const kept = { etag: `"${image.sha256}-${longerSide}"`, 'cache-control': cacheControl };
  if (isKept(headers['if-none-match'], kept.etag)) {
    reply.code(304).headers(kept).send();
    return undefined;
  }
  const wants = { picture: { longerSide, of: 'image' as const } };
  const options = { signal, caller: store.tenant };
  const { picture } = await memory.drawing.with(2 * image.sizeBytes, options, async () =>
    imaging.frame(await store.images.bytes(image), wants, { pixels: image.pixels, ...options }),
  );
  return { mediaType: 'image/png', bytes: picture, headers: kept };
}

/** Whether `If-None-Match` names the tag (RFC 9110, 13.1.2: compared weakly). */
function isKept(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}
