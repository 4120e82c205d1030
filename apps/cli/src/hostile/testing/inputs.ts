import { changedExport, tar, zip } from './archives.js';
import type { Draws } from './draws.js';
import { form, formType, scoreForm, stow, upload } from './forms.js';
import { anyRoute, framing, inSmallChunks, type RequestInput } from './requests.js';
import { image, value } from './values.js';

/** What is sent: a request, or the bytes of a whole connection. */
export type Input = RequestInput | FramingInput;

interface FramingInput {
  readonly framing: Uint8Array;
  /** Whether the sender waits for the answer; otherwise it has ended its side, which says that it waits for none. */
  readonly isAwaited: boolean;
}

/** What inputs are drawn around. */
export interface Target {
  /** A data set and a model that are there. */
  readonly datasetId: string;
  readonly modelId: string;
  /** `model.json` and the two files of the detector of its export. */
  readonly exported: ReadonlyMap<string, Buffer>;
  /** Keys of two tenants; all of the above is the first one's. */
  readonly keys: readonly [string, string];
  /** Images, and the scores that the model gave them. */
  readonly scored: readonly { readonly content: Uint8Array; readonly score: number }[];
}

type Kind = (draws: Draws, target: Target) => Promise<Omit<RequestInput, 'method'>> | Omit<RequestInput, 'method'>;

/** Two batches may give a score another last bit. */
const tolerance = 1e-5;

/** Bodies by name, with how many of a hundred inputs are of that kind. */
const bodies: Readonly<Record<string, readonly [share: number, kind: Kind]>> = {
  form: [
    16,
    (draws, { datasetId, modelId }) => ({
      path: draws.chance(0.7) ? `/v1/datasets/${datasetId}/images` : `/v1/models/${modelId}/score`,
      headers: {
        ...typed(
          draws.chance(0.95) ? formType : draws.pick(['multipart/form-data', 'multipart/form-data; boundary=""']),
        ),
        ...keyed(draws, 'k'),
      },
      body: draws.damaged(form(draws)),
    }),
  ],
  image: [
    4,
    (draws, { datasetId, modelId }) => {
      const isScore = draws.chance(0.3);
      const content = draws.damaged(image(draws));
      return {
        path: isScore ? `/v1/models/${modelId}/score` : `/v1/datasets/${datasetId}/images`,
        headers: typed(formType),
        body: isScore ? scoreForm(content) : upload(content),
      };
    },
  ],
  stow: [
    8,
    (draws, { datasetId }) => ({
      path: `/v1/datasets/${datasetId}/dicomweb/studies?split=train&label=normal`,
      headers: {
        ...typed(
          draws.pick([
            'multipart/related; type="application/dicom"; boundary=b',
            'multipart/related; boundary="b"',
            'multipart/related; type="application/dicom"',
          ]),
        ),
        ...keyed(draws, 's'),
      },
      body: draws.damaged(stow(draws)),
    }),
  ],
  archive: [
    8,
    async (draws, { datasetId }) => ({
      path: `/v1/datasets/${datasetId}/archive`,
      headers: typed(draws.pick(['application/zip', 'application/x-tar', 'application/octet-stream'])),
      body: draws.damaged(draws.chance(0.5) ? await zip(draws) : await tar(draws)),
    }),
  ],
  export: [
    6,
    async (draws, { exported }) => ({
      path: '/v1/models/import',
      headers: typed('application/zip'),
      body: draws.chance(0.25) ? await changedExport(draws, exported) : draws.damaged(await zip(draws)),
    }),
  ],
  json: [
    24,
    (draws) => ({
      path: draws.pick(['/v1/datasets', '/v1/adaptations', '/v1/scorings', '/v1/evaluations', '/v1/calibrations']),
      headers: {
        ...typed('application/json'),
        ...(draws.chance(0.2) && { 'idempotency-key': draws.pick(['k', encodeURI('ä'), 'x'.repeat(300)]) }),
      },
      body: draws.damaged(
        Buffer.from(draws.chance(0.1) ? '['.repeat(draws.below(50_000)) : JSON.stringify(value(draws, 4))),
      ),
    }),
  ],
  score: [
    1,
    (draws, target) => {
      const known = draws.pick(target.scored);
      return {
        ...scoreRequest(target, known),
        isRight: (status, body) =>
          status === 200 && Math.abs(JSON.parse(body).results[0].score - known.score) <= tolerance,
      };
    },
  ],
};
const shareOfRoutes = 18;
/** Of the inputs that have a body. */
const shareInSmallChunks = 0.03;
/** A megabyte in single bytes takes the service a second; what becomes of one is held where bytes are gathered. */
const mostInSmallChunks = 2 ** 17;

/** An input of a kind, both drawn; mostly with the key of the tenant that what is asked for belongs to. */
export async function drawInput(draws: Draws, target: Target): Promise<{ kind: string; input: Input }> {
  let at = draws.below(100);
  for (const [kind, [share, make]] of Object.entries(bodies)) {
    at -= share;
    if (at >= 0) continue;
    const made = await make(draws, target);
    const key = made.isRight ? target.keys[0] : drawnKey(draws, target);
    const input = { ...made, method: 'POST', headers: { ...made.headers, ...(key && authorized(key)) } };
    const isSmall = (made.body?.length ?? 0) <= mostInSmallChunks;
    if (made.isRight || !isSmall || !draws.chance(shareInSmallChunks)) return { kind, input };
    return {
      kind: `${kind} in small chunks`,
      input: { framing: inSmallChunks(draws, input), isAwaited: draws.chance(0.7) },
    };
  }
  if (at < shareOfRoutes) {
    const request = anyRoute(draws);
    const key = drawnKey(draws, target);
    return { kind: 'route', input: { ...request, headers: { ...request.headers, ...(key && authorized(key)) } } };
  }
  return { kind: 'framing', input: { framing: draws.damaged(Buffer.from(framing(draws))), isAwaited: false } };
}

/** Asks for the score of one of the images whose score is known. */
export function scoreRequest({ modelId, keys }: Target, { content }: Target['scored'][number]): RequestInput {
  return {
    method: 'POST',
    path: `/v1/models/${modelId}/score`,
    headers: { ...typed(formType), ...authorized(keys[0]) },
    body: scoreForm(content),
  };
}

function drawnKey(draws: Draws, { keys }: Target): string | undefined {
  if (draws.chance(0.9)) return keys[0];
  return draws.pick([keys[1], undefined, 'wrong', 'x'.repeat(5000)]);
}

const authorized = (key: string) => ({ authorization: `Bearer ${key}` });
const typed = (type: string) => ({ 'content-type': type });
const keyed = (draws: Draws, prefix: string) =>
  draws.chance(0.2) ? { 'idempotency-key': `${prefix}${draws.below(20)}` } : {};
