import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import { openBackbone } from '../catalogue/catalogue.js';
import { openClipShapes, vitB32, writeZeros } from '../testing/clip-shapes.js';
import { type HubBehaviour, type HubServer, startHub } from '../testing/hub-server.js';
import { WeightsError } from '../weights-error.js';
import { download } from './download.js';
import { Hub } from './hub.js';
import { pullWeights } from './pull-weights.js';
import { type RetryPolicy, withRetries } from './retry.js';

const policy: RetryPolicy = { attempts: 4, firstWaitMs: 1, longestWaitMs: 1000 };
const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const repository = 'timm/vit_base_patch32_clip_224.openai';
const name = 'open_clip_model.safetensors';

// The hub of these tests is on this machine, whatever the way to others is.
for (const variable of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
  delete process.env[variable];
  delete process.env[variable.toLowerCase()];
}

const servers: HubServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function hubWith(behaviour: Partial<HubBehaviour> = {}): Promise<HubServer> {
  const server = await startHub({ content, sha256, ...behaviour });
  servers.push(server);
  return server;
}

interface FetchOptions {
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Finds and downloads the file. */
async function fetchFile(
  { baseUrl }: Pick<HubServer, 'baseUrl'>,
  target = join(temporaryFolder(), name),
  { token, signal, onProgress }: FetchOptions = {},
): Promise<string> {
  const hub = new Hub({ baseUrl, token });
  try {
    const file = await withRetries(() => hub.find(repository, name, signal), policy, signal);
    await download(hub, file, target, { policy, signal, onProgress });
    return target;
  } finally {
    await hub.close();
  }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => (error instanceof WeightsError ? error.code : error),
  );

describe('a download', () => {
  test('follows the redirect, tells its progress, and ends with the whole file and nothing else', async () => {
    const server = await hubWith();
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(content.length);
      seen.push(done);
    };
    const target = await fetchFile(server, undefined, { onProgress });
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(readdirSync(join(target, '..'))).toEqual([name]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(content.length);
  });

  test('shows the token to the hub and not to the storage', async () => {
    const server = await hubWith({ token: 'secret' });
    await fetchFile(server, undefined, { token: 'secret' });
    const shown = server.requests.map(({ path, authorization }) => [path.startsWith('/blobs/'), authorization]);
    expect(shown).toEqual([
      [false, 'Bearer secret'],
      [false, 'Bearer secret'],
      [true, undefined],
    ]);
  });

  test('goes on where the connection was cut, wherever that is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: content.length - 1 }), { maxLength: 4 }), async (cuts) => {
        const server = await hubWith({ cutAfter: (answer) => cuts[answer] });
        const target = await fetchFile(server);
        expect(readFileSync(target).equals(content)).toBe(true);
        const starts = server.requests
          .filter(({ path }) => path.startsWith('/blobs/'))
          .map(({ range }) => Number(/\d+/.exec(range ?? '0')![0]));
        expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
      }),
      { numRuns: 15 },
    );
  });

  test('is not a file until it is whole, and a later one goes on from what came', async () => {
    const server = await hubWith({ cutAfter: (answer) => (answer === 0 ? 30_000 : 0) });
    const target = join(temporaryFolder(), name);
    expect(await codeOf(fetchFile(server, target))).toBe('hub-unreachable');
    expect(existsSync(target)).toBe(false);
    const again = await hubWith();
    await fetchFile(again, target);
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(again.requests.at(-1)!.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('starts again where the storage knows no ranges', async () => {
    const server = await hubWith({ ignoresRange: true, cutAfter: (answer) => (answer === 0 ? 500 : undefined) });
    expect(readFileSync(await fetchFile(server)).equals(content)).toBe(true);
  });

  test('of another content does not go on from the old one', async () => {
    const target = join(temporaryFolder(), name);
    writeFileSync(`${target}.0123456789abcdef.partial`, 'old');
    await fetchFile(await hubWith(), target);
    expect(readdirSync(join(target, '..'))).toEqual([name]);
  });

  test('with a wrong digest is thrown away', async () => {
    const server = await hubWith({ sha256: 'a'.repeat(64) });
    const target = join(temporaryFolder(), name);
    await expect(fetchFile(server, target)).rejects.toThrow(
      /^What came from 127\.0\.0\.1:\d+ is not what it promised \(its SHA-256 is \w{64}, not a{64}\); pull again\.$/,
    );
    expect(readdirSync(join(target, '..'))).toEqual([]);
  });

  test('waits as long as a busy hub asks for, and no longer than the policy allows', async () => {
    const answers = [429, 503, 429];
    const waits = ['0', new Date(Date.now() - 1000).toUTCString(), '0'];
    const busy = await hubWith({
      intercept: (_, response) => {
        const status = answers.shift();
        if (status === undefined) return false;
        response.writeHead(status, { 'retry-after': waits.shift()! }).end();
        return true;
      },
    });
    expect(readFileSync(await fetchFile(busy)).equals(content)).toBe(true);

    const closed = await hubWith({
      intercept: (_, response) => Boolean(response.writeHead(503, { 'retry-after': '3600' }).end()),
    });
    await expect(fetchFile(closed)).rejects.toThrow(
      /^The download did not end because 127\.0\.0\.1:\d+ answered 503; try again in 3600 s, as it asks\.$/,
    );
    expect(closed.requests).toHaveLength(1);
  });

  test('stops at once when it is told to, and keeps what came', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const server = await hubWith({
      intercept: ({ url = '' }, response) => {
        if (!url.startsWith('/blobs/')) return false;
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 1000));
        return true;
      },
    });
    const target = join(temporaryFolder(), name);
    const onProgress = () => stop.abort(reason);
    await expect(fetchFile(server, target, { signal: stop.signal, onProgress })).rejects.toBe(reason);
    const [partial] = readdirSync(join(target, '..'));
    expect(readFileSync(join(target, '..', partial!)).equals(content.subarray(0, 1000))).toBe(true);
  });

  test('goes through the proxy that the environment names', async () => {
    const server = await hubWith();
    const reached: string[] = [];
    const proxy = createServer().on('connect', ({ url = '' }, client) => {
      reached.push(url);
      const [host, port] = url.split(':');
      const there = connect(Number(port), host, () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
      there.pipe(client).pipe(there);
      there.on('error', () => client.destroy());
      client.on('error', () => there.destroy());
    });
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    process.env.HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      expect(readFileSync(await fetchFile(server)).equals(content)).toBe(true);
    } finally {
      delete process.env.HTTP_PROXY;
      proxy.close();
    }
    expect(reached).toContain(new URL(server.baseUrl).host);
  });

  test.each([
    ['a missing token', { token: 'secret' }, /refuses access to .*; set a token \(MEDICLIP_HUB_TOKEN\)\.$/],
    [
      'a file that is not there',
      { intercept: (_, response) => Boolean(response.writeHead(404).end()) },
      /^127\.0\.0\.1:\d+ has no \/timm\/\S+; check the address of the hub\.$/,
    ],
    [
      'a hub that tells no digest',
      { intercept: (_, response) => Boolean(response.writeHead(200, { 'content-length': 4 }).end()) },
      /does not tell the size and SHA-256 of open_clip_model\.safetensors, so that it could not be checked; download and/,
    ],
    [
      'redirects without end',
      { intercept: (_, response) => Boolean(response.writeHead(302, { location: '/around' }).end()) },
      /^The hub redirects without end, at last to 127\.0\.0\.1:\d+; check its address\.$/,
    ],
  ] as [string, Partial<HubBehaviour>, RegExp][])('is refused for %s', async (_, behaviour, message) => {
    const server = await hubWith(behaviour);
    await expect(fetchFile(server)).rejects.toThrow(message);
  });

  test('is refused for a token that may not read it, an address that is none, and a hub that is away', async () => {
    const server = await hubWith({ token: 'secret' });
    await expect(fetchFile(server, undefined, { token: 'other' })).rejects.toThrow(/; check the token and that it may/);
    await expect(fetchFile({ baseUrl: 'hub' })).rejects.toThrow(/^hub is no address of a hub; give one that starts/);
    await server.close();
    await expect(fetchFile(server)).rejects.toThrow(/^The download did not end because .* cannot be reached \(.*ECONN/);
  });
});

describe('pulling a backbone', () => {
  test('brings weights that open, with their digest', async () => {
    const file = join(temporaryFolder(), 'zeros');
    writeZeros(file, openClipShapes(vitB32));
    const zeros = readFileSync(file);
    const digest = createHash('sha256').update(zeros).digest('hex');
    const hub = await hubWith({ content: zeros, sha256: digest, cutAfter: (n) => (n === 0 ? 100_000_000 : undefined) });
    const modelsFolder = join(temporaryFolder(), 'models');
    const placed = await pullWeights('openai-vit-b-32', { modelsFolder, hub, policy });
    expect(placed).toEqual({ id: 'openai-vit-b-32', folder: join(modelsFolder, 'openai-vit-b-32'), digest });
    expect(openBackbone('openai-vit-b-32', { modelsFolder }).digest).toBe(digest);
    expect(readdirSync(modelsFolder)).toEqual(['openai-vit-b-32']);
    expect(readdirSync(placed.folder)).toEqual(['SHA256SUMS', name]);
    expect(hub.requests[0]!.path).toBe(`/${repository}/resolve/main/${name}`);
    await expect(pullWeights('openai-vit-b-32', { modelsFolder, hub })).rejects.toThrow(/ already; remove it to bring/);
  });

  test('of weights that are no such model leaves nothing', async () => {
    const hub = await hubWith();
    const modelsFolder = temporaryFolder();
    await expect(pullWeights('openai-vit-b-32', { modelsFolder, hub, policy })).rejects.toThrow(
      /^timm\/vit_base_patch32_clip_224\.openai of the hub: The file claims a header of \d+ bytes, so it is not/,
    );
    expect(readdirSync(modelsFolder)).toEqual([]);
  });

  test('says what cannot be pulled', async () => {
    const modelsFolder = temporaryFolder();
    await expect(pullWeights('biomedclip', { modelsFolder })).rejects.toThrow(
      /^The hub has "biomedclip" as a PyTorch checkpoint only; download it .* and import it with `mediclip weights/,
    );
    await expect(pullWeights('lite', { modelsFolder })).rejects.toThrow(/^The weights of "lite" come with the product/);
    await expect(pullWeights('vgg', { modelsFolder })).rejects.toThrow(/^There is no backbone "vgg"; choose one of/);
    expect(readdirSync(modelsFolder)).toEqual([]);
  });
});
