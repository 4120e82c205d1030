import type { Problem } from '@mediclip/contracts';
import { ApiProblem, problemOf } from '../api/http.js';

export interface Posted {
  readonly path: string;
  readonly body: Blob;
  readonly contentType: string;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
}

const waitsMs = [500, 1000, 2000, 4000, 8000, 16_000];

/**
 * Sends a body and tells how much of it has gone, which `fetch` cannot. When the connection breaks or the server is too
 * busy it is sent again with the same idempotency key, so that nothing is stored twice. Throws an `ApiProblem`, a
 * `TypeError` when the server stays away.
 */
export async function post<T>(posted: Posted): Promise<T> {
  const key = crypto.randomUUID();
  for (const waitMs of waitsMs) {
    try {
      return await once<T>(posted, key);
    } catch (error) {
      posted.signal.throwIfAborted();
      const isBusy = error instanceof ApiProblem && error.problem.retryAfterSeconds !== undefined;
      if (!(error instanceof TypeError) && !isBusy) throw error;
      const asked = error instanceof ApiProblem ? (error.problem.retryAfterSeconds ?? 0) * 1000 : 0;
      await new Promise((resolve) => setTimeout(resolve, Math.max(waitMs, asked)));
    }
  }
  return once<T>(posted, key);
}

function once<T>({ path, body, contentType, signal, onSent }: Posted, key: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', contentType);
    request.setRequestHeader('idempotency-key', key);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      if (request.status < 300) resolve(request.response as T);
      else if (request.response === null) reject(new TypeError('The answer cannot be read.'));
      else reject(problemOf(request.response as Problem));
    };
    request.onerror = () => reject(new TypeError('The server cannot be reached.'));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}
