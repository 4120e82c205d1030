/**
 * Finds a Redis server for the tests, or installs one from Debian's packages where that is allowed.
 * As a program it prints the path, and exits non-zero when there is none; as a module call `ensureRedis()`.
 */
import { fileURLToPath } from 'node:url';
import { ensurePrograms } from './ensure-packages.mjs';

/** The path of `redis-server`; null, with a loud line on standard error, where none can be had. */
export function ensureRedis() {
  const found = ensurePrograms(['redis-server'], {
    packages: ['redis-server'],
    without: 'NO REDIS: put redis-server on the PATH; every test that needs it is SKIPPED',
  });
  return found?.['redis-server'] ?? null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = ensureRedis();
  if (found === null) process.exitCode = 1;
  else process.stdout.write(`${found}\n`);
}
