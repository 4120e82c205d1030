import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { WeightsError } from '../weights-error.js';
import { TransientError } from './transient-error.js';

const defaultHubUrl = 'https://huggingface.co';

export interface HubOptions {
  /** Where the hub, or a mirror of it, answers; default Hugging Face's. */
  readonly baseUrl?: string | undefined;
  /** Sent to the hub itself only, never to where it redirects. */
  readonly token?: string | undefined;
}

/** A file of the hub, as it stands now. */
export interface HubFile {
  readonly url: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const mostRedirects = 5;

/**
 * Speaks the protocol of the Hugging Face hub. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Every
 * method throws a `WeightsError` for what cannot be had and a `TransientError` for what may be had later.
 */
export class Hub {
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #dispatcher = new EnvHttpProxyAgent({
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
    connect: { timeout: 15_000 },
  });

  constructor({ baseUrl = defaultHubUrl, token }: HubOptions = {}) {
    if (!/^https?:$/.test(protocolOf(baseUrl))) {
      throw new WeightsError('hub-refused', `${baseUrl} is no address of a hub; give one that starts with https://.`);
    }
    this.#base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    this.#token = token;
  }

  /** What the hub has under `repository` and `name`. The hub must tell its SHA-256. */
  async find(repository: string, name: string, signal?: AbortSignal): Promise<HubFile> {
    let url = new URL(`${repository}/resolve/main/${name}`, this.#base);
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const response = await this.#request(url, { method: 'HEAD' }, signal);
      const sha256 = digestOf(response.headers.get('x-linked-etag') ?? response.headers.get('etag'));
      const size = response.headers.get('x-linked-size') ?? response.headers.get('content-length');
      const next = target(response, url);
      if (sha256 && size !== null && /^\d+$/.test(size)) {
        return { url: url.href, sizeBytes: Number(size), sha256 };
      }
      if (!next) {
        throw new WeightsError(
          'hub-refused',
          `${url.host} does not tell the size and SHA-256 of ${name}, so that it could not be checked; download and import it instead.`,
        );
      }
      url = next;
    }
    throw tooManyRedirects(url);
  }

  /**
   * The bytes of a file from `start` on. `start` of the answer is 0 when the server sends the whole file all the same.
   */
  async open(
    { url, sizeBytes }: HubFile,
    start: number,
    signal?: AbortSignal,
  ): Promise<{ readonly start: number; readonly body: AsyncIterable<Uint8Array> }> {
    const headers = { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) };
    let place = new URL(url);
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const response = await this.#request(place, { headers }, signal);
      const next = target(response, place);
      if (!next) return { start: startOf(response, start, sizeBytes), body: response.body! };
      place = next;
    }
    throw tooManyRedirects(place);
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #request(
    url: URL,
    { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> },
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const mayKnow = this.#token !== undefined && url.origin === this.#base.origin;
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(mayKnow && { authorization: `Bearer ${this.#token}` }) },
      redirect: 'manual',
      dispatcher: this.#dispatcher,
      ...(signal && { signal }),
    }).catch((cause: Error) => {
      if (signal?.aborted) throw signal.reason;
      throw new TransientError(`${url.host} cannot be reached (${reasonOf(cause)})`, undefined, { cause });
    });
    if (response.status < 400 && (response.ok || target(response, url))) return response;
    await response.body?.cancel();
    throw faultOf(response, url, this.#token !== undefined);
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

/** Where a redirect leads; undefined for another answer. */
function target({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null || !URL.canParse(location, from.href))
    return undefined;
  return new URL(location, from);
}

/** The SHA-256 that an entity tag is; the hub tags large files so. */
function digestOf(etag: string | null): string | undefined {
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(etag ?? '')?.[1];
}

function startOf({ status, headers }: Response, asked: number, sizeBytes: number): number {
  if (status === 200) return 0;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status === 206 && range && Number(range[1]) === asked && (range[2] === '*' || Number(range[2]) === sizeBytes)) {
    return asked;
  }
  throw new TransientError('the server answered with another part of the file than was asked for');
}

function faultOf({ status, headers }: Response, url: URL, hasToken: boolean): Error {
  if (status === 401 || status === 403) {
    const advice = hasToken ? 'check the token and that it may read this' : 'set a token (MEDICLIP_HUB_TOKEN)';
    return new WeightsError('hub-refused', `${url.host} refuses access to ${url.pathname}; ${advice}.`);
  }
  if (status === 404) {
    return new WeightsError('not-on-hub', `${url.host} has no ${url.pathname}; check the address of the hub.`);
  }
  if (status === 416 || status === 408 || status === 429 || status >= 500) {
    return new TransientError(`${url.host} answered ${status}`, waitOf(headers.get('retry-after')));
  }
  return new WeightsError(
    'hub-refused',
    `${url.host} answered ${status} for ${url.pathname}; check the address of the hub.`,
  );
}

/** Milliseconds of a Retry-After header: seconds or a date. */
function waitOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

const tooManyRedirects = (url: URL) =>
  new WeightsError('hub-refused', `The hub redirects without end, at last to ${url.host}; check its address.`);

/** What the operating system said, which undici puts beneath its own error. */
function reasonOf({ message, cause }: Error): string {
  return (cause as Error | undefined)?.message || message;
}
