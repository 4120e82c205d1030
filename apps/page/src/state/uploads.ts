import type { Upload } from '@mediclip/contracts';
import { signal } from '@preact/signals';
import { count } from '../parts/words.js';
import { batchesOf, formOf } from '../upload/batches.js';
import type { PlannedImage } from '../upload/plan.js';
import { post } from '../upload/post.js';
import { fieldsOf, type Reading } from '../upload/reading.js';
import { announce } from './announce.js';

/** An upload, under way or ended. */
export interface UploadState {
  readonly id: string;
  readonly datasetId: string;
  readonly state: 'sending' | 'done' | 'failed' | 'cancelled';
  /** Pictures, zero as long as an archive is sent. */
  readonly total: number;
  readonly stored: number;
  readonly skipped: number;
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  readonly bytes: number;
  readonly sentBytes: number;
  readonly error?: unknown;
}

export const uploads = signal<readonly UploadState[]>([]);

const aborts = new Map<string, AbortController>();

/**
 * Sends pictures in batches, each stored when it is answered. Resolves when all are, also when it fails: the state says
 * so.
 */
export async function uploadImages(
  datasetId: string,
  images: readonly PlannedImage[],
  reading: Reading = {},
): Promise<void> {
  await run(datasetId, images.length, async ({ id, signal: aborted, answered }) => {
    const batches = batchesOf(images).map((batch) => formOf(batch, reading));
    change(id, { bytes: batches.reduce((sum, { body }) => sum + body.size, 0) });
    let sent = 0;
    for (const form of batches) {
      const onSent = (bytes: number) => change(id, { sentBytes: sent + Math.min(bytes, form.body.size) });
      const path = `/v1/datasets/${datasetId}/images`;
      answered(await post<Upload>({ path, ...form, signal: aborted, onSent }));
      sent += form.body.size;
    }
  });
}

/** Sends an archive as it is. */
export async function uploadArchive(datasetId: string, archive: Blob, reading: Reading = {}): Promise<void> {
  await run(datasetId, 0, async ({ id, signal: aborted, answered }) => {
    change(id, { bytes: archive.size });
    const onSent = (bytes: number) => change(id, { sentBytes: bytes });
    const path = `/v1/datasets/${datasetId}/archive?${new URLSearchParams(fieldsOf(reading))}`;
    const contentType = 'application/octet-stream';
    answered(await post<Upload>({ path, body: archive, contentType, signal: aborted, onSent }));
  });
}

export function cancelUpload(id: string): void {
  aborts.get(id)?.abort(new DOMException('The upload was cancelled.', 'AbortError'));
}

export function forgetUpload(id: string): void {
  uploads.value = uploads.value.filter((upload) => upload.id !== id);
}

interface Running {
  readonly id: string;
  readonly signal: AbortSignal;
  /** Notes the answer to a part of the upload. */
  readonly answered: (answer: Upload) => void;
}

async function run(datasetId: string, total: number, work: (running: Running) => Promise<void>): Promise<void> {
  const id = crypto.randomUUID();
  const abort = new AbortController();
  aborts.set(id, abort);
  const begun: UploadState = {
    id,
    datasetId,
    state: 'sending',
    total,
    stored: 0,
    skipped: 0,
    refused: [],
    bytes: 0,
    sentBytes: 0,
  };
  uploads.value = [...uploads.value, begun];
  addEventListener('beforeunload', guard);
  const answered = ({ outcomes, stored, skipped }: Upload) => {
    const now = stateOf(id);
    const refused = outcomes.flatMap((outcome) =>
      outcome.outcome === 'rejected' ? [{ name: outcome.fileName, reason: outcome.error.detail }] : [],
    );
    const all = { stored: now.stored + stored, skipped: now.skipped + skipped, refused: [...now.refused, ...refused] };
    change(id, { ...all, total: Math.max(now.total, all.stored + all.skipped + all.refused.length) });
    announce(`${count(all.stored, 'picture')} stored.`);
  };
  try {
    await work({ id, signal: abort.signal, answered });
    change(id, { state: 'done' });
  } catch (error) {
    change(id, abort.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error });
  }
  aborts.delete(id);
  if (aborts.size === 0) removeEventListener('beforeunload', guard);
}

const stateOf = (id: string): UploadState => uploads.value.find((upload) => upload.id === id)!;

function change(id: string, now: Partial<UploadState>): void {
  uploads.value = uploads.value.map((upload) => (upload.id === id ? { ...upload, ...now } : upload));
}

/** Asks before the page is left in the middle of an upload. */
function guard(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
