import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { publicAddress, type Resolve } from './addresses.js';

/** How requests go out. */
export interface SendOptions {
  readonly resolve: Resolve;
  readonly allowPrivate: boolean;
  /** From the look-up of the name to the head of the answer. */
  readonly timeoutMs: number;
}

/** The receiver did not answer in time. */
class SendTimeout extends Error {
  override readonly name = 'SendTimeout';
}

/**
 * Posts a body once and answers the status. Follows no redirect and reads nothing of the answer but its head. The
 * connection goes to the address that was checked, whatever the name says a moment later. Rejects with `TargetRefused`,
 * with what the connection failed of, and with the reason of `signal`.
 */
export async function send(
  url: string,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  { signal, timeoutMs, ...target }: SendOptions & { readonly signal: AbortSignal },
): Promise<number> {
  const ended = new AbortController();
  const timer = setTimeout(
    () => ended.abort(new SendTimeout(`There was no answer in ${timeoutMs / 1000} s.`)),
    timeoutMs,
  );
  const limit = AbortSignal.any([signal, ended.signal]);
  try {
    return await aborting(limit, post(new URL(url), { headers, body }, { signal: limit, ...target }));
  } finally {
    clearTimeout(timer);
  }
}

async function post(
  url: URL,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  { signal, ...target }: Omit<SendOptions, 'timeoutMs'> & { readonly signal: AbortSignal },
): Promise<number> {
  const address = await publicAddress(url.hostname, target);
  signal.throwIfAborted();
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
      lookup: (_hostname, { all }, callback) => {
        if (all) callback(null, [address]);
        else callback(null, address.address, address.family);
      },
    });
    sent.on('error', reject);
    sent.once('response', (response) => {
      resolve(response.statusCode!);
      response.on('error', () => undefined).destroy();
    });
    sent.end(body);
  });
}

/** What `work` comes to, or the reason of `signal` where that is first: a look-up of a name cannot be aborted. */
async function aborting<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    stop = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}
