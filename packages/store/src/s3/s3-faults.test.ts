import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { PreconditionFailed, StoreForbidden, StoreFull, StoreMisconfigured, StoreUnavailable } from '../errors.js';
import { openObjectStore } from '../open-object-store.js';
import { parseS3Url } from './s3-url.js';

let server: Server | undefined;

beforeAll(() => {
  const environment = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  Object.assign(process.env, environment);
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'],
  });
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A store on a server that answers as `listener` does. */
async function storeOn(listener: RequestListener) {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return openObjectStore(`s3://bucket/p?endpoint=http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** Answers with an error of S3 as soon as the request has been read. */
const answer =
  (status: number, code: string): RequestListener =>
  (request, response) =>
    request.resume().on('end', () => refuse(response, status, code));

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml', connection: 'close' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`);
}

/** What comes of `work`, whose pauses between two tries take no time here. */
async function hastened<T>(work: Promise<T>): Promise<T> {
  let ended = false;
  const outcome = work.finally(() => {
    ended = true;
  });
  outcome.catch(() => undefined);
  while (!ended) {
    await jest.advanceTimersByTimeAsync(10);
    await turn();
  }
  return outcome;
}

const bytes = new TextEncoder().encode('content');

describe('an S3 server', () => {
  test.each([
    [403, 'AccessDenied', StoreForbidden, false],
    [403, 'SignatureDoesNotMatch', StoreForbidden, false],
    [404, 'NoSuchBucket', StoreMisconfigured, false],
    [507, 'XMinioStorageFull', StoreFull, true],
    [500, 'InternalError', StoreUnavailable, true],
    [503, 'SlowDown', StoreUnavailable, true],
    [501, 'NotImplemented', StoreUnavailable, true],
    [400, 'InvalidRequest', StoreMisconfigured, false],
  ])('that answers %i %s gives a clear error', async (status, code, expected, retryable) => {
    const store = await storeOn(answer(status, code));
    await expect(hastened(store.put('a', bytes))).rejects.toMatchObject({ constructor: expected, retryable });
    await store.close();
  });

  test('that refuses everything gives the same error for everything', async () => {
    const store = await storeOn(answer(403, 'AccessDenied'));
    for (const refused of [
      () => store.put('a', Readable.from([bytes])),
      () => store.get('a'),
      () => store.getStream('a'),
      () => store.list('a/', { limit: 1 }),
      () => store.listFolders('a/', { limit: 1 }),
      () => store.delete('a'),
      () => store.deleteFolder('a/'),
      () => store.check(),
      () => store.sweep(),
    ]) {
      await expect(refused()).rejects.toThrow(StoreForbidden);
    }
    await store.close();
  });

  test('that fails twice and then works costs nothing', async () => {
    let requests = 0;
    const works: RequestListener = (request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(200, { etag: '"e"' }).end());
    };
    const store = await storeOn((request, response) =>
      (++requests < 3 ? answer(500, 'InternalError') : works)(request, response),
    );
    expect(await hastened(store.put('a', bytes))).toEqual({ etag: '"e"', sizeBytes: bytes.byteLength });
    await store.close();
  });

  test('that is not there is unavailable', async () => {
    const store = await storeOn(answer(200, ''));
    await new Promise((resolve) => server!.close(resolve));
    await expect(hastened(store.get('a'))).rejects.toThrow(StoreUnavailable);
    await expect(hastened(store.check())).rejects.toThrow(StoreUnavailable);
    await store.close();
  });

  test('that ignores conditions is refused', async () => {
    const store = await storeOn((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(200, { etag: '"e"' }).end());
    });
    await expect(store.check()).rejects.toThrow(/ignores conditional writes/);
    await store.close();
  });

  test.each([
    ['ours', 'content', true],
    ["another's", 'other content', false],
  ])('whose answer to a conditional write got lost: what is there now is %s', async (_, stored, ours) => {
    let puts = 0;
    const store = await storeOn((request, response) => {
      request.resume();
      request.on('end', () => {
        if (request.method === 'GET') response.writeHead(200, { etag: '"e"' }).end(stored);
        else if (++puts === 1) request.socket.destroy();
        else refuse(response, 412, 'PreconditionFailed');
      });
    });
    const written = hastened(store.put('a', bytes, { ifAbsent: true }));
    if (ours) expect(await written).toEqual({ etag: '"e"', sizeBytes: bytes.byteLength });
    else await expect(written).rejects.toThrow(PreconditionFailed);
    await store.close();
  });
});

describe('the URL of an S3 store', () => {
  test('names bucket, prefix, endpoint and region', () => {
    expect(parseS3Url('s3://bucket')).toEqual({ bucket: 'bucket', prefix: '' });
    expect(parseS3Url('s3://bucket/a//b/?endpoint=http://localhost:9000&region=eu-central-1')).toEqual({
      bucket: 'bucket',
      prefix: 'a/b/',
      endpoint: 'http://localhost:9000',
      region: 'eu-central-1',
    });
  });

  test.each(['s3:///a', 's3://b?endpoint=nowhere', 's3://b?secret=x', 's3://id:secret@b'])('%s is refused', (url) => {
    expect(() => parseS3Url(url)).toThrow(StoreMisconfigured);
  });
});
