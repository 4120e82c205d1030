/** Finds programs for the tests, or installs them from Debian's packages where that is allowed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The path of a program; undefined where there is none. */
export function findOnPath(name) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin', '/usr/sbin'];
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

function install(packages) {
  if (findOnPath('apt-get') === undefined) return 'this is not a Debian system';
  if (process.getuid?.() !== 0) return 'only root may install packages';
  const installAll = () => aptGet('install', '--no-install-recommends', ...packages);
  return installAll() === undefined ? undefined : (aptGet('update') ?? installAll());
}

/**
 * The paths of programs (or files with a path of their own) by their names; null where one cannot be had, after a loud
 * line on standard error that says what is skipped for want of it.
 */
export function ensurePrograms(names, { packages, without }) {
  const find = () => {
    const found = names.map((name) => [name, path.isAbsolute(name) ? existsSync(name) && name : findOnPath(name)]);
    return found.every(([, file]) => file) ? Object.fromEntries(found) : undefined;
  };
  const found = find();
  if (found !== undefined) return found;
  process.stderr.write(`mediclip: installing ${packages.join(', ')} for the tests …\n`);
  const reason = install(packages) ?? `the packages hold not all of ${names.join(', ')}`;
  const installed = find();
  if (installed !== undefined) return installed;
  process.stderr.write(`mediclip: ${without}, because ${reason}.\n`);
  return null;
}
