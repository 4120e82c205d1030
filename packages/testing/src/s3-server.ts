import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { oneAtATime } from './one-at-a-time.js';
import { temporaryFolder } from './temporary-folder.js';

/**
 * The server that the S3 driver is tested on: Versity's S3 gateway over a folder, built from the Go module proxy once
 * and kept under `node_modules/.cache`. It keeps etags in extended attributes, so the temporary folder's file system
 * must have these. It checks signatures, keeps conditional writes under concurrency and objects over restarts. What it
 * cannot show: AWS's own limits and throttling, its 409 for conflicting conditional writes, and what happens between
 * regions.
 */
const version = 'v1.8.0';
const cache = fileURLToPath(new URL(`../../../node_modules/.cache/mediclip/versitygw-${version}`, import.meta.url));

/** What the server lets in, as variables of the AWS SDK. */
export const s3Credentials = { AWS_ACCESS_KEY_ID: 'tester', AWS_SECRET_ACCESS_KEY: 'tester-secret' };

export interface S3Server {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Where its objects lie as files. */
  readonly folder: string;
  /** Ends the server with -9 and starts it again on the same objects and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Why the server cannot be had on this machine, `undefined` when it can. Builds it when it was not built before (a
 * minute or two).
 */
export function whyNoS3Server(): string | undefined {
  const isThere = () => existsSync(path.join(cache, 'versitygw'));
  return isThere() ? undefined : oneAtATime('s3-server', () => (isThere() ? undefined : build()));
}

/** Why it could not be built. */
function build(): string | undefined {
  if (spawnSync('go', ['version']).status !== 0)
    return 'there is no Go to build the test server with (`go version` fails)';
  const building = `${cache}.${process.pid}`;
  mkdirSync(building, { recursive: true });
  const { status, stderr } = spawnSync('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${version}`], {
    env: { ...process.env, GOBIN: building, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
    encoding: 'utf8',
    timeout: 500_000,
  });
  if (status !== 0) return `the test server cannot be built: ${stderr.trim().split('\n').at(-1)}`;
  renameSync(building, cache);
  return undefined;
}

/** Starts the server with an empty bucket named `bucket`. */
export async function startS3Server(bucket: string): Promise<S3Server> {
  const root = temporaryFolder();
  mkdirSync(path.join(root, bucket));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args = ['--quiet', '--port', `127.0.0.1:${port}`, '--health', '/health', 'posix', root];
  const env = {
    ROOT_ACCESS_KEY: s3Credentials.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: s3Credentials.AWS_SECRET_ACCESS_KEY,
  };
  let server: ChildProcess;
  const start = async () => {
    server = spawn(path.join(cache, 'versitygw'), args, { env, stdio: 'ignore' });
    while (!(await answers(`${endpoint}/health`))) {
      if (server.exitCode !== null) throw new Error(`The test server ended with ${server.exitCode}.`);
      await sleep(50);
    }
  };
  const stop = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  };
  await start();
  return { endpoint, folder: root, stop, restart: () => stop().then(start) };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
