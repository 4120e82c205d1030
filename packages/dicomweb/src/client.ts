import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type DicomJson, type InstanceUids, uidsOf } from '@mediclip/dicom-objects';
import { boundaryOf, FormFault, mediaTypeOf, readParts, readRelatedHead, relatedBody } from '@mediclip/multipart';
import { DicomwebError } from './dicomweb-error.js';
import type { DicomwebServer } from './servers.js';

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
    const answer = await this.#ask(pathOf(uids), { headers: { accept } }, signal);
    const contentType = answer.headers.get('content-type') ?? '';
    try {
      if (answer.body === null || mediaTypeOf(contentType) !== 'multipart/related') {
        throw this.#badAnswer(`a body of ${mediaTypeOf(contentType)} in place of multipart/related`);
      }
      for await (const part of readParts(this.#chunks(answer.body), boundaryOf(contentType), readRelatedHead)) {
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
    const answer = await this.#ask('studies', { method: 'POST', headers, body: bytes }, signal);
    const text = await this.#text(answer);
    const failed = (text === '' ? {} : this.#parsed(text)) as { '00081198'?: { Value?: unknown[] } };
    const count = failed['00081198']?.Value?.length ?? 0;
    if (count > 0 || answer.status === 409) {
      throw new DicomwebError(
        'refused',
        `The DICOMweb server ${this.#server.name} has not stored ${count} of ${files.length} objects.`,
      );
    }
  }

  async #json(target: string, signal: AbortSignal): Promise<DicomJson[]> {
    const answer = await this.#ask(target, { headers: { accept: dicomJson } }, signal);
    if (answer.status === 204) return [];
    const items = this.#parsed(await this.#text(answer));
    if (!Array.isArray(items) || !items.every((item) => typeof item === 'object' && item !== null)) {
      throw this.#badAnswer('no list of objects');
    }
    return items as DicomJson[];
  }

  /** An answer that is a success, or a 409 of a STOW-RS transaction. */
  async #ask(target: string, init: Init, signal: AbortSignal): Promise<Response> {
    for (const wait of this.#pausesMs) {
      try {
        const answer = await this.#try(target, init, signal);
        if (answer.status < 500 && answer.status !== 429) return this.#checked(answer, init);
        await answer.body?.cancel();
      } catch (error) {
        if (error instanceof DicomwebError || signal.aborted) throw error;
      }
      await pause(wait, undefined, { signal });
    }
    return this.#checked(await this.#tryLast(target, init, signal), init);
  }

  async #tryLast(target: string, init: Init, signal: AbortSignal): Promise<Response> {
    const { name } = this.#server;
    const answer = await this.#try(target, init, signal).catch((error: unknown) => {
      if (error instanceof DicomwebError || signal.aborted) throw error;
      throw new DicomwebError('unreachable', `The DICOMweb server ${name} does not answer.`, { cause: error });
    });
    if (answer.status < 500 && answer.status !== 429) return answer;
    await answer.body?.cancel();
    throw new DicomwebError('unreachable', `The DICOMweb server ${name} answers ${answer.status}.`);
  }

  /** One try; follows redirects of a GET to the same origin. */
  async #try(target: string, init: Init, signal: AbortSignal): Promise<Response> {
    let url = new URL(target, this.#server.url);
    const headers = { ...init.headers, ...this.#headers() };
    const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    for (let redirects = 0; ; redirects++) {
      const answer = await fetch(url, { ...init, headers, signal: until, redirect: 'manual' });
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || location === null) return answer;
      await answer.body?.cancel();
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (next?.origin !== url.origin || init.method === 'POST' || redirects === mostRedirects) {
        throw new DicomwebError(
          'refused',
          `The DICOMweb server ${this.#server.name} leads to another place, which is not followed.`,
        );
      }
      url = next;
    }
  }

  async #checked(answer: Response, init: Init): Promise<Response> {
    if (answer.ok || (answer.status === 409 && init.method === 'POST')) return answer;
    await answer.body?.cancel();
    if (answer.status === 404) throw this.#noSuchInstance();
    const { name } = this.#server;
    const isCredential = answer.status === 401 || answer.status === 403;
    throw new DicomwebError(
      'refused',
      isCredential
        ? `The DICOMweb server ${name} does not accept the credentials (${answer.status}): check its files of headers.`
        : `The DICOMweb server ${name} refuses the request (${answer.status}).`,
    );
  }

  /** The headers as their files say now, so that a credential may change while the service runs. */
  #headers(): Record<string, string> {
    const entries = Object.entries(this.#server.headerFiles).map(([name, file]) => {
      const [value = ''] = readFileSync(file, 'utf8').split('\n');
      return [name.toLowerCase(), value.trim()];
    });
    return Object.fromEntries(entries);
  }

  async #text(answer: Response): Promise<string> {
    if (answer.body === null) return '';
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of this.#chunks(answer.body)) {
      sizeBytes += chunk.length;
      if (sizeBytes > largestJsonBytes) throw this.#badAnswer(`more than ${largestJsonBytes} bytes of JSON`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** A body that breaks off is one that the server did not answer. */
  async *#chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw new DicomwebError('unreachable', `The DICOMweb server ${this.#server.name} broke off its answer.`, {
        cause: error,
      });
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

  #noSuchInstance(): DicomwebError {
    return new DicomwebError(
      'no-such-instance',
      `The DICOMweb server ${this.#server.name} does not have the instance.`,
    );
  }
}

function pathOf({ studyUid, seriesUid, sopInstanceUid }: InstanceUids): string {
  return `studies/${studyUid}/series/${seriesUid}/instances/${sopInstanceUid}`;
}
