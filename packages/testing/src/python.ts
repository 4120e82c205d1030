import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneAtATime } from './one-at-a-time.js';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/mediclip', import.meta.url));
/** Installs packages in a tenth of the processor time that pip needs. */
const uv = 'uv==0.13.8';

/**
 * The path of a Python that has these packages (`numpy==2.2.6`), from a virtual environment that is made once and kept
 * under `node_modules/.cache`; null after a loud line where it cannot be made, and the tests that need it are to be
 * skipped then.
 */
export function findPython(packages: readonly string[]): string | null {
  try {
    return path.join(environment(packages), 'python');
  } catch (error) {
    console.warn(`SKIPPED: no Python with ${packages.join(', ')} could be made (${(error as Error).message}).`);
    return null;
  }
}

/** The folder of the programs of an environment with these packages. */
function environment(packages: readonly string[]): string {
  const name = `python-${createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16)}`;
  const folder = path.join(cache, name);
  if (!existsSync(folder)) oneAtATime(name, () => existsSync(folder) || make(folder, packages));
  return path.join(folder, 'bin');
}

function make(folder: string, packages: readonly string[]): void {
  const making = `${folder}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  try {
    (packages.includes(uv) ? makeWithPip : makeWithUv)(making, packages);
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** Neither compiles what it installs: that happens when it is imported, which most of it never is. */
function makeWithPip(folder: string, packages: readonly string[]): void {
  run('python3', ['-m', 'venv', folder]);
  const options = ['--quiet', '--disable-pip-version-check', '--no-compile', '--retries', '1', '--timeout', '15'];
  run(path.join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...options, ...packages]);
}

function makeWithUv(folder: string, packages: readonly string[]): void {
  run('python3', ['-m', 'venv', '--without-pip', folder]);
  const options = ['--quiet', '--system-certs', '--python', path.join(folder, 'bin', 'python')];
  const patience = { UV_HTTP_RETRIES: '1', UV_HTTP_TIMEOUT: '15' };
  run(path.join(environment([uv]), 'uv'), ['pip', 'install', ...options, ...packages], patience);
}

function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): void {
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  if (status !== 0) throw error ?? new Error(stderr.trim().split('\n').at(-1));
}
