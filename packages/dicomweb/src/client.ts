import { setTimeout as pause } from 'node:timers/promises';
import { type DicomJson, type InstanceUids, uidsOf } from '@mediclip/dicom-objects';
import { boundaryOf, FormFault, mediaTypeOf, readParts, readRelatedHead, relatedBody } from '@mediclip/multipart';
import { DicomwebError } from './dicomweb-error.js';
import { type DicomwebServer, headerValueOf } from './servers.js';

const dicom = 'application/dicom';
const dicomJson = 'application/dicom+json';

/** For one request, with its answer. */
const timeoutMs = 300_000;
/** Before the second, third and fourth try of a request that the server did not answer. */
const pausesMs = [500, 1500, 4000];
const mostRedirects = 3;
/** Answers in JSON; an instance has a few hundred attributes without its pixels. */
const largestJsonBytes = 16 * 1024 * 1024;
const pageLength = 100;
/** What is looked for at most, whatever the server answers. */
const mostPages = 1000;

/**
 * Failure Reasons of an instance that the server has: 0111H (PS3.7, annex C, Duplicate SOP Instance), and B00EH, which
 * the DICOM service of Azure answers.
 */
const alreadyThere: ReadonlySet<number> = new Set([0x0111, 0xb00e]);

type Init = Pick<RequestInit, 'method' | 'headers' | 'body'>;

/**
 * A client of a DICOMweb server (PS3.18): QIDO-RS, WADO-RS and STOW-RS. A request that is not answered, or with a fault
 * of the server, is tried four times; redirects lead to the same origin or nowhere. Methods reject with a DicomwebError
 * and with the signal's reason.
 */
export class DicomwebClient {
  readonly #server: DicomwebServer;
  readonly #pausesMs: readonly number[];

  constructor(server: DicomwebServer, options: { readonly pausesMs?: readonly number[] } = {}) {
    this.#server = server;
    this.#pausesMs = options.pausesMs ?? pausesMs;
  }

  /** UIDs of the instances that a query (attribute to value) finds, each once, at most `limit`. */
  async search(query: Readonly<Record<string, string>>, limit: number, signal: AbortSignal): Promise<InstanceUids[]> {
    const found = new Map<string, InstanceUids>();
    for (let page = 0, offset = 0; page < mostPages && found.size < limit; page++) {
      const asked = new URLSearchParams({ ...query, limit: String(pageLength), offset: String(offset) });
      const items = await this.#json(`instances?${asked}`, signal);
      const known = found.size;
      for (const item of items) {
        const uids = this.#uidsOf(item);
        if (found.size < limit) found.set(uids.sopInstanceUid, uids);
      }
      if (items.length === 0 || found.size === known) break;
      offset += items.length;
    }
    return [...found.values()];
  }

  /** The attributes of an instance, without its pixels. */
  async metadata(uids: InstanceUids, signal: AbortSignal): Promise<DicomJson> {
    const [instance] = await this.#json(`${pathOf(uids)}/metadata`, signal);
    if (instance === undefined) throw this.#noSuchInstance();
    const read = this.#uidsOf(instance);
    if (read.sopInstanceUid !== uids.sopInstanceUid) throw this.#badAnswer('another instance than was asked for');
    return instance;
  }

  /** The bytes of an instance as a file (PS3.10), in the transfer syntax that the server has it in. */
  async *retrieve(uids: InstanceUids, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const accept = `multipart/related; type="${dicom}"; transfer-syntax=*`;
    const answer = await this.#ask(pathOf(uids), { headers: { accept } }, signal, (received) => received);
    const contentType = answer.headers.get('content-type') ?? '';
    try {
      if (answer.body === null || mediaTypeOf(contentType) !== 'multipart/related') {
        throw this.#badAnswer(`a body of ${mediaTypeOf(contentType)} in place of multipart/related`);
      }
      for await (const part of readParts(this.#chunks(answer.body, signal), boundaryOf(contentType), readRelatedHead)) {
        yield* part.content;
        return;
      }
      throw this.#noSuchInstance();
    } catch (error) {
      throw error instanceof FormFault ? this.#badAnswer(error.message) : error;
    }
  }

  /** Sends files (PS3.10). One that the server has already, or has in its own version, counts as sent. */
  async store(files: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    const { contentType, bytes } = relatedBody(dicom, files);
    const headers = { accept: dicomJson, 'content-type': contentType };
    const { status, text } = await this.#ask(
      'studies',
      { method: 'POST', headers, body: bytes },
      signal,
      async (answer) => ({ status: answer.status, text: await this.#text(answer, signal) }),
    );
    const reasons = text === '' ? [] : failureReasonsOf(this.#parsed(text));
    const failed = reasons.filter((reason) => !alreadyThere.has(reason)).length;
    if (failed > 0 || (status === 409 && reasons.length === 0)) {
      throw this.#refused(`has not stored ${failed || files.length} of ${files.length} objects`);
    }
  }

  async #json(target: string, signal: AbortSignal): Promise<DicomJson[]> {
    const items = await this.#ask(target, { headers: { accept: dicomJson } }, signal, async (answer) =>
      answer.status === 204 ? [] : this.#parsed(await this.#text(answer, signal)),
    );
    if (!Array.isArray(items) || !items.every((item) => typeof item === 'object' && item !== null)) {
      throw this.#badAnswer('no list of objects');
    }
    return items as DicomJson[];
  }

  /** What `read` makes of an answer that is a success, or a 409 of a STOW-RS transaction. */
  async #ask<T>(
    target: string,
    init: Init,
    signal: AbortSignal,
    read: (answer: Response) => T | Promise<T>,
  ): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await read(await this.#checked(await this.#try(target, init, signal), target, init));
      } catch (error) {
        const wait = this.#pausesMs[tries];
        const isUnanswered = error instanceof DicomwebError && error.code === 'unreachable';
        if (!isUnanswered || wait === undefined) throw error;
        await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  /** One try; follows redirects of a GET to the same origin. */
  async #try(target: string, init: Init, signal: AbortSignal): Promise<Response> {
    let url = new URL(target, this.#server.url);
    const headers = { ...init.headers, ...this.#headers() };
    const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    for (let redirects = 0; ; redirects++) {
      const answer = await fetch(url, { ...init, headers, signal: until, redirect: 'manual' }).catch((cause) => {
        signal.throwIfAborted();
        throw this.#unreachable('does not answer', cause);
      });
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || location === null) return answer;
      await answer.body?.cancel();
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (next?.origin !== url.origin || init.method === 'POST' || redirects === mostRedirects) {
        throw this.#refused('leads to another place, which is not followed');
      }
      url = next;
    }
  }

  async #checked(answer: Response, target: string, init: Init): Promise<Response> {
    const { ok, status } = answer;
    if (ok || (status === 409 && init.method === 'POST')) return answer;
    await answer.body?.cancel();
    if (status >= 500 || status === 429) throw this.#unreachable(`answers ${status}`);
    if (status === 401 || status === 403) {
      throw this.#refused(`does not accept the credentials (${status}): check its files of headers`);
    }
    if (status !== 404) throw this.#refused(`refuses the request (${status})`);
    if (target.startsWith('studies/')) throw this.#noSuchInstance();
    throw this.#refused('has no DICOMweb there (404): check its URL');
  }

  /** The headers as their files say now, so that a credential may change while the service runs. */
  #headers(): Record<string, string> {
    const { name: server, headerFiles } = this.#server;
    const entries = Object.entries(headerFiles).map(([name, file]) => {
      try {
        return [name.toLowerCase(), headerValueOf(file)];
      } catch (cause) {
        throw new DicomwebError(
          'refused',
          `The file of the header ${name} for the DICOMweb server ${server} cannot be used.`,
          { cause },
        );
      }
    });
    return Object.fromEntries(entries);
  }

  async #text(answer: Response, signal: AbortSignal): Promise<string> {
    if (answer.body === null) return '';
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of this.#chunks(answer.body, signal)) {
      sizeBytes += chunk.length;
      if (sizeBytes > largestJsonBytes) throw this.#badAnswer(`more than ${largestJsonBytes} bytes of JSON`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** A body that breaks off is one that the server did not answer. */
  async *#chunks(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (cause) {
      signal.throwIfAborted();
      throw this.#unreachable('broke off its answer', cause);
    }
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#badAnswer('no JSON', error);
    }
  }

  #uidsOf(item: DicomJson): InstanceUids {
    try {
      return uidsOf(item);
    } catch (error) {
      throw this.#badAnswer('an instance without its UIDs', error);
    }
  }

  #badAnswer(what: string, cause?: unknown): DicomwebError {
    return new DicomwebError('bad-answer', `The DICOMweb server ${this.#server.name} answers with ${what}.`, { cause });
  }

  #refused(what: string): DicomwebError {
    return new DicomwebError('refused', `The DICOMweb server ${this.#server.name} ${what}.`);
  }

  #unreachable(what: string, cause?: unknown): DicomwebError {
    return new DicomwebError('unreachable', `The DICOMweb server ${this.#server.name} ${what}.`, { cause });
  }

  #noSuchInstance(): DicomwebError {
    return new DicomwebError(
      'no-such-instance',
      `The DICOMweb server ${this.#server.name} does not have the instance.`,
    );
  }
}

/** The Failure Reasons (0008,1197) of a STOW-RS answer, 0 for one that is not told. */
function failureReasonsOf(answer: unknown): number[] {
  const failed = (answer as { '00081198'?: { Value?: unknown } } | null)?.['00081198']?.Value;
  if (!Array.isArray(failed)) return [];
  return failed.map((item: { '00081197'?: { Value?: unknown[] } } | null) =>
    Number(item?.['00081197']?.Value?.[0] ?? 0),
  );
}

function pathOf({ studyUid, seriesUid, sopInstanceUid }: InstanceUids): string {
  return `studies/${studyUid}/series/${seriesUid}/instances/${sopInstanceUid}`;
}
