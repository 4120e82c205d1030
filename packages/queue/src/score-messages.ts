import {
  countSchema,
  foreignSchema,
  idSchema,
  isProblemSlug,
  type ProblemSlug,
  shareSchema,
  tenantSchema,
} from '@mediclip/contracts';
import type { AnomalyMap } from '@mediclip/maps';
import { z } from 'zod';

/**
 * What the API asks a worker for a score that a caller waits for, and what the worker answers. As bytes: a JSON header
 * with the length of its text as a 32-bit number (little-endian) before it, then raw bytes. Spaces at the end of the
 * header let those begin at a multiple of four bytes, so that maps can be read where they lie.
 */
const lengthBytes = 4;
const alignment = Float32Array.BYTES_PER_ELEMENT;

const requestHeaderSchema = z.strictObject({
  tenant: tenantSchema,
  modelId: idSchema,
  /** Side of every image, pixels. */
  side: z.int().min(1),
  images: z.int().min(1),
});

const replyHeaderSchema = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('scored'),
    scores: z.array(
      z.strictObject({
        score: shareSchema,
        logit: z.number().optional(),
        mapSide: z.int().min(1),
        kinship: z.strictObject({ share: shareSchema, foreign: foreignSchema.optional() }).optional(),
      }),
    ),
  }),
  z.strictObject({
    outcome: z.literal('refused'),
    slug: z.custom<ProblemSlug>((slug) => typeof slug === 'string' && isProblemSlug(slug)),
    detail: z.string(),
    retryAfterSeconds: countSchema.optional(),
  }),
]);

/** Images for one model. */
export interface ScoreMessage {
  readonly tenant: string;
  readonly modelId: string;
  readonly side: number;
  /** Each [side, side, 3] RGB bytes: rows, columns, channels. */
  readonly images: readonly Uint8Array[];
}

/** Scores in the order of the images, or the problem that stands in the way of all of them. */
export type ScoreReply =
  | { readonly outcome: 'scored'; readonly scores: readonly AnomalyMap[] }
  | {
      readonly outcome: 'refused';
      readonly slug: ProblemSlug;
      readonly detail: string;
      readonly retryAfterSeconds?: number | undefined;
    };

/** The bytes of a request. Throws a RangeError when an image is not `side * side * 3` bytes long. */
export function encodeScoreMessage({ tenant, modelId, side, images }: ScoreMessage): Uint8Array {
  for (const { length } of images) {
    if (length !== side * side * 3) throw new RangeError(`An image has ${length} bytes, not ${side} x ${side} x 3.`);
  }
  return pack(requestHeaderSchema.parse({ tenant, modelId, side, images: images.length }), images);
}

/** The request that `bytes` hold; its images are views of them. Throws when they are none. */
export function decodeScoreMessage(bytes: Uint8Array): ScoreMessage {
  const { header, body } = unpack(bytes);
  const { tenant, modelId, side, images: count } = requestHeaderSchema.parse(header);
  const imageBytes = side * side * 3;
  assertLength(body, count * imageBytes);
  const images = Array.from({ length: count }, (_, i) => body.subarray(i * imageBytes, (i + 1) * imageBytes));
  return { tenant, modelId, side, images };
}

/** The bytes of a reply. Throws a RangeError when a map is not `mapSide * mapSide` values long. */
export function encodeScoreReply(reply: ScoreReply): Uint8Array {
  if (reply.outcome === 'refused') return pack(replyHeaderSchema.parse(reply), []);
  for (const { map, mapSide } of reply.scores) {
    if (map.length !== mapSide * mapSide) {
      throw new RangeError(`A map has ${map.length} values, not ${mapSide} x ${mapSide}.`);
    }
  }
  const scores = reply.scores.map(({ map: _, ...described }) => described);
  return pack(
    replyHeaderSchema.parse({ outcome: 'scored', scores }),
    reply.scores.map(({ map }) => new Uint8Array(map.buffer, map.byteOffset, map.byteLength)),
  );
}

/** The reply that `bytes` hold; its maps are views of them where they can be. Throws when they are none. */
export function decodeScoreReply(bytes: Uint8Array): ScoreReply {
  const { header, body } = unpack(bytes);
  const reply = replyHeaderSchema.parse(header);
  if (reply.outcome === 'refused') return reply;
  const mapBytes = reply.scores.map(({ mapSide }) => mapSide * mapSide * Float32Array.BYTES_PER_ELEMENT);
  assertLength(
    body,
    mapBytes.reduce((sum, length) => sum + length, 0),
  );
  let offset = 0;
  const scores = reply.scores.map((described, i) => {
    const map = floatsOf(body.subarray(offset, offset + mapBytes[i]!));
    offset += mapBytes[i]!;
    return { ...described, map };
  });
  return { outcome: 'scored', scores };
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % alignment === 0 ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, byteLength / alignment);
}

function pack(header: object, parts: readonly Uint8Array[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const text = new Uint8Array(Math.ceil(json.length / alignment) * alignment).fill(0x20);
  text.set(json);
  const size = parts.reduce((sum, { length }) => sum + length, lengthBytes + text.length);
  const message = new Uint8Array(size);
  new DataView(message.buffer).setUint32(0, text.length, true);
  message.set(text, lengthBytes);
  let offset = lengthBytes + text.length;
  for (const part of parts) {
    message.set(part, offset);
    offset += part.length;
  }
  return message;
}

function unpack(bytes: Uint8Array): { header: unknown; body: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = lengthBytes + (bytes.length < lengthBytes ? 0 : view.getUint32(0, true));
  if (bytes.length < end || end === lengthBytes) throw new RangeError('The score message ends early.');
  const text = new TextDecoder().decode(bytes.subarray(lengthBytes, end));
  return { header: JSON.parse(text), body: bytes.subarray(end) };
}

function assertLength(body: Uint8Array, expected: number): void {
  if (body.length === expected) return;
  throw new RangeError(`The score message holds ${body.length} bytes behind its header, not ${expected}.`);
}
