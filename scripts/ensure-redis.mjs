/**
 * Finds a Redis server for the tests, or installs one from Debian's packages where that is allowed.
 * As a program it prints the path, and exits non-zero when there is none; as a module call `ensureRedis()`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

function findOnPath(name) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => path.join(folder || '.', name)).find((file) => existsSync(file));
}

/** Runs apt-get; waits for another one that holds its lock. Returns what went wrong, or undefined. */
function aptGet(...args) {
  const { status, error, stderr } = spawnSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
}

function install() {
  if (findOnPath('apt-get') === undefined) return 'this is not a Debian system';
  if (process.getuid?.() !== 0) return 'only root may install packages';
  const installRedis = () => aptGet('install', '--no-install-recommends', 'redis-server');
  return installRedis() === undefined ? undefined : (aptGet('update') ?? installRedis());
}

/** The path of `redis-server`; null, with a loud line on standard error, where none can be had. */
export function ensureRedis() {
  const found = findOnPath('redis-server');
  if (found !== undefined) return found;
  process.stderr.write('mediclip: installing redis-server for the tests …\n');
  const reason = install() ?? 'the package holds no redis-server';
  const installed = findOnPath('redis-server');
  if (installed !== undefined) return installed;
  process.stderr.write(
    `mediclip: NO REDIS: every test that needs a Redis server is SKIPPED, because ${reason}. Put redis-server on the PATH.\n`,
  );
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = ensureRedis();
  if (found === null) process.exitCode = 1;
  else process.stdout.write(`${found}\n`);
}
