import { createHash, type Hash } from 'node:crypto';
import type { MultipartFile } from '@fastify/multipart';
import { ProblemError } from '@mediclip/contracts';
import type { FastifyRequest } from 'fastify';
import { ClientGone } from '../http/client-gone.js';
import { tooLarge } from '../http/media-types.js';

/** A part of a form, in the order of arrival. What is not read of a file is passed over. */
export type FormPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly fileName: string;
      readonly content: AsyncIterable<Uint8Array>;
    };

export interface FormLimits {
  /** Of all files together. */
  readonly maximumBytes: number;
  /** Masks included. */
  readonly maximumFiles: number;
}

const longestFieldBytes = 1024;
const fieldsPerFile = 3;
const longestFileName = 1024;

/**
 * The parts of a multipart form as they arrive. At their end `request.bodyDigest` is the digest of names and contents: the same
 * form with another boundary has the same one. Throws `malformed-multipart`, `payload-too-large`, and `ClientGone`.
 */
export async function* readForm(
  request: FastifyRequest,
  { maximumBytes, maximumFiles }: FormLimits,
): AsyncGenerator<FormPart> {
  const hash = createHash('sha256');
  const budget = { leftBytes: maximumBytes, maximumBytes };
  const parts = request.parts({
    limits: {
      fileSize: Number.POSITIVE_INFINITY,
      files: maximumFiles,
      fields: maximumFiles * fieldsPerFile,
      parts: maximumFiles * (fieldsPerFile + 1),
      fieldSize: longestFieldBytes,
      headerPairs: 100,
    },
  });
  for (;;) {
    const next = await parts.next().catch((error: unknown) => {
      throw formError(error, request);
    });
    if (next.done) break;
    const part = next.value;
    if (part.type === 'field') {
      const value = typeof part.value === 'string' && !part.valueTruncated ? part.value : '';
      hash.update(`${JSON.stringify(['field', part.fieldname, value])}\n`);
      yield { kind: 'field', name: part.fieldname, value };
      continue;
    }
    const fileName = (part.filename ?? '').slice(0, longestFileName);
    hash.update(`${JSON.stringify(['file', part.fieldname, fileName])}\n`);
    const content = contentOf(part, request, hash, budget);
    yield { kind: 'file', name: part.fieldname, fileName, content };
    for await (const _ of content);
  }
  request.bodyDigest = hash.digest('hex');
}

async function* contentOf(
  part: MultipartFile,
  request: FastifyRequest,
  hash: Hash,
  budget: { leftBytes: number; readonly maximumBytes: number },
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  try {
    for await (const chunk of part.file as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length;
      budget.leftBytes -= chunk.length;
      if (budget.leftBytes < 0) throw tooLarge(budget.maximumBytes);
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw formError(error, request);
  }
  hash.update(`\n${sizeBytes}\n`);
}

function formError(error: unknown, request: FastifyRequest): unknown {
  if (error instanceof ProblemError) return error;
  if (!request.raw.complete) return new ClientGone();
  return new ProblemError('malformed-multipart', undefined, {}, { cause: error });
}
