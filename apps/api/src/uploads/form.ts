import { createHash, type Hash } from 'node:crypto';
import { ProblemError } from '@mediclip/contracts';
import { boundaryOf, FormFault, type PartHead, type ReadPart, readPartHead, readParts } from '@mediclip/multipart';
import type { FastifyRequest } from 'fastify';
import { limitedBody } from '../http/limited-body.js';

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
  /** The largest body. */
  readonly maximumBytes: number;
  /** Masks included. */
  readonly maximumFiles: number;
}

export const longestFieldBytes = 1024;
const longestFieldName = 100;
const fieldsPerFile = 5;
const longestFileName = 1024;

/**
 * The parts of a multipart form as they arrive. At their end `request.bodyDigest` is the digest of names and contents:
 * the same form with another boundary has the same one. Throws `malformed-multipart` for anything in it that is no part
 * of a form, `payload-too-large`, and `ClientGone`.
 */
export async function* readForm(
  request: FastifyRequest,
  { maximumBytes, maximumFiles }: FormLimits,
): AsyncGenerator<FormPart> {
  const hash = createHash('sha256');
  const count = { files: 0, fields: 0 };
  try {
    const boundary = boundaryOf(request.headers['content-type'] ?? '');
    for await (const part of readParts(limitedBody(request, maximumBytes), boundary, readPartHead)) {
      if (part.name.length > longestFieldName) throw new FormFault('the name of a part is too long');
      if (part.fileName === undefined) {
        if (++count.fields > maximumFiles * fieldsPerFile) throw new FormFault('it has too many fields');
        const value = await textOf(part);
        hash.update(`${JSON.stringify(['field', part.name, value])}\n`);
        yield { kind: 'field', name: part.name, value };
      } else {
        if (++count.files > maximumFiles) throw new FormFault('it has too many files');
        const fileName = part.fileName.slice(0, longestFileName);
        hash.update(`${JSON.stringify(['file', part.name, fileName])}\n`);
        const content = hashed(part, hash);
        yield { kind: 'file', name: part.name, fileName, content };
        for await (const _ of content);
      }
    }
  } catch (error) {
    throw formError(error);
  }
  request.bodyDigest = hash.digest('hex');
}

/** The value of a field; of one that is too long nothing, which no field may be. */
async function textOf({ content }: Pick<ReadPart<PartHead>, 'content'>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of content) {
    sizeBytes += chunk.length;
    if (sizeBytes <= longestFieldBytes) chunks.push(chunk);
  }
  return sizeBytes > longestFieldBytes ? '' : Buffer.concat(chunks).toString('utf8');
}

async function* hashed({ content }: Pick<ReadPart<PartHead>, 'content'>, hash: Hash): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  try {
    for await (const chunk of content) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw formError(error);
  }
  hash.update(`\n${sizeBytes}\n`);
}

function formError(error: unknown): unknown {
  if (!(error instanceof FormFault)) return error;
  return new ProblemError('malformed-multipart', `The form cannot be read: ${error.message}.`, {}, { cause: error });
}
