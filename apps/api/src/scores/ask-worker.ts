import { type Model, ProblemError, type ProblemSlug } from '@mediclip/contracts';
import type { AnomalyMap } from '@mediclip/maps';
import type { ScoreChannel } from '@mediclip/queue';
import type { TenantStore } from '@mediclip/store';
import { BufferGarbage } from '@mediclip/threads';
import type { ServerSettings } from '../dependencies.js';

/** Images that are to be scored. */
interface ScoreQuestion {
  readonly model: Model;
  readonly backbone: string;
  /** Width and height of every image, pixels. */
  readonly side: number;
  /** RGB bytes, [side, side, 3] each. */
  readonly images: readonly Uint8Array[];
}

/**
 * With these a worker says that it takes no more scores, and that another may: its engine does not start, or it is
 * stopping.
 */
const elsewhere: ReadonlySet<ProblemSlug> = new Set<ProblemSlug>(['not-ready', 'draining']);

/**
 * All of the heap each 90 images or so, for 25 ms: what a request has while it waits for the engine is old when it has
 * its answer.
 */
const bufferGarbage = new BufferGarbage({ all: 2 ** 26 });

/** Scores of the images, in their order, from a worker that has the backbone at hand. */
export async function askWorker(
  { store, signal }: { readonly store: TenantStore; readonly signal: AbortSignal },
  { model, backbone, side, images }: ScoreQuestion,
  {
    scoreChannel,
    settings,
  }: { readonly scoreChannel: ScoreChannel; readonly settings: Pick<ServerSettings, 'scores'> },
): Promise<readonly AnomalyMap[]> {
  if (images.length === 0) return [];
  const message = { tenant: store.tenant, modelId: model.id, side, images };
  const end = performance.now() + settings.scores.timeoutMs;
  const ask = () =>
    scoreChannel.request(message, { topic: backbone, deadlineMs: Math.max(1, end - performance.now()), signal });
  let reply = await ask();
  while (reply.outcome === 'refused' && elsewhere.has(reply.slug) && performance.now() < end) reply = await ask();
  if (reply.outcome === 'refused') {
    const { slug, detail, retryAfterSeconds } = reply;
    throw new ProblemError(slug, detail, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  }
  if (reply.scores.length !== images.length) {
    throw new Error(`This is a bug: a worker answered ${reply.scores.length} scores for ${images.length} images.`);
  }
  // Pixels and maps; as much again is made of them on the way there and back.
  const pixelBytes = images.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const mapBytes = reply.scores.reduce((sum, { map }) => sum + map.byteLength, 0);
  bufferGarbage.made(2 * (pixelBytes + mapBytes));
  return reply.scores;
}
