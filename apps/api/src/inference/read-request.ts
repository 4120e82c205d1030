import path from 'node:path';
import { type InferenceRequest, inferenceRequestSchema, type Model, ProblemError, validate } from '@mediclip/contracts';
import type { SpooledFile } from '@mediclip/intake';
import type { ServerSettings } from '../dependencies.js';
import { rawBody } from '../http/body-digest.js';
import type { Call } from '../http/handlers.js';
import { JsonMemory, tooLarge } from '../http/media-types.js';
import type { ServerMemory } from '../memory.js';
import type { ReadyMemory } from '../scores/ready-memory.js';
import { type HeldFile, hold } from '../uploads/hold.js';
import { ByteReader, StreamTooShort } from './byte-reader.js';
import { wantedOutputs } from './write-answer.js';

/** A request whose images lie in files. */
interface ReadRequest {
  readonly asked: InferenceRequest;
  /** In the order of the tensor. */
  readonly files: readonly (HeldFile | SpooledFile)[];
}

/** The size of the number before each image that says how long it is. */
const lengthBytes = 4;

/** A map as JSON takes about twice as much as the image and its copies. */
const imagesPerMap = 3;

export interface ReadOptions {
  /** Made for images that do not stay in memory. */
  readonly folder: () => Promise<string>;
  readonly settings: Pick<ServerSettings, 'uploads' | 'images' | 'scores'>;
  readonly memory: ServerMemory;
  readonly model: Pick<Model, 'calibration'>;
  /** What images take until they are answered is taken from it. */
  readonly ready: ReadyMemory;
}

/**
 * Reads a request: its JSON into memory, its images as those of a form. The JSON may be as long as that of any other
 * request, and what follows it in binary as long as a form. Throws `malformed-json`, `malformed-tensors`,
 * `validation-failed`, `payload-too-large`, `model-not-calibrated` and `overloaded`.
 */
export async function readRequest(
  { request, headers, signal }: Pick<Call<'infer'>, 'request' | 'headers' | 'signal'>,
  { folder, settings: { uploads, images, scores }, memory, model, ready }: ReadOptions,
): Promise<ReadRequest> {
  const jsonBytes = headers['inference-header-content-length'];
  if (jsonBytes !== undefined && jsonBytes > uploads.jsonBytes) throw tooLarge(uploads.jsonBytes);
  const body = new ByteReader(rawBody(request, jsonBytes === undefined ? uploads.jsonBytes : uploads.formBytes));
  const json = new JsonMemory(memory.json);
  const files: (HeldFile | SpooledFile)[] = [];
  let heldBytes = scores.memoryBytes;
  const save = async (content: AsyncIterable<Uint8Array>) => {
    const file = await hold(content, {
      maximumBytes: images.maximumBytes,
      heldBytes: Math.min(heldBytes, images.maximumBytes),
      memory: memory.received,
      path: async () => path.join(await folder(), `image-${files.length}`),
      signal,
    });
    if ('bytes' in file) heldBytes -= file.sizeBytes;
    files.push(file);
  };
  try {
    const take = (bytes: number) => json.take(bytes);
    const asked = parsed(jsonBytes === undefined ? await body.rest(take) : await body.read(jsonBytes, take));
    wantedOutputs(asked, model);
    const { shape, data, parameters } = asked.inputs[0]!;
    const count = shape.reduce((product, side) => product * side, 1);
    if (count > scores.images) throw faulty('/shape', `One request may score ${scores.images} images`);
    const tensorBytes = parameters?.binary_data_size;
    const inJson = data?.flat();
    if ((inJson === undefined) === (tensorBytes === undefined)) {
      throw faulty('/data', 'The images must be either here or, with binary_data_size, behind the JSON');
    }
    if (inJson !== undefined && inJson.length !== count) throw faulty('/data', `The shape wants ${count} images`);
    await ready.takeFor(count * imagesPerMap);
    let leftBytes = tensorBytes ?? 0;
    for (let index = 0; index < count; index++) {
      if (inJson !== undefined) {
        await save(once(Buffer.from(inJson[index]!, 'base64')));
        continue;
      }
      const sizeBytes = (await body.read(lengthBytes)).readUInt32LE();
      leftBytes -= lengthBytes + sizeBytes;
      if (leftBytes < 0) throw malformed('the images are longer than binary_data_size');
      await save(body.take(sizeBytes));
    }
    if (leftBytes !== 0) throw malformed(`binary_data_size leaves ${leftBytes} bytes behind the last image`);
    if (!(await body.isAtEnd())) throw malformed('there are bytes behind the last image');
    return { asked, files };
  } catch (error) {
    for (const file of files) if ('bytes' in file) file.lease.giveBack();
    throw error instanceof StreamTooShort ? malformed(error.message) : error;
  } finally {
    json.giveBack();
    await body.close();
  }
}

function parsed(json: Buffer): InferenceRequest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new ProblemError('malformed-json', undefined, {}, { cause });
  }
  return validate(inferenceRequestSchema, value);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function malformed(reason: string): ProblemError {
  return new ProblemError('malformed-tensors', `The tensors cannot be read: ${reason}.`);
}

function faulty(field: string, detail: string): ProblemError {
  const pointer = `/inputs/0${field}`;
  return new ProblemError('validation-failed', `body ${pointer}: ${detail}.`, {
    errors: [{ in: 'body', pointer, detail }],
  });
}
