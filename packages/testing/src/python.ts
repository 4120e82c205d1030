import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/mediclip', import.meta.url));

/**
 * The path of a Python that has these packages (`numpy==2.2.6`), from a virtual environment that is made once and kept
 * under `node_modules/.cache`; null after a loud line where it cannot be made, and the tests that need it are to be
 * skipped then.
 */
export function findPython(packages: readonly string[]): string | null {
  try {
    return environment(packages);
  } catch (error) {
    console.warn(`SKIPPED: no Python with ${packages.join(', ')} could be made (${(error as Error).message}).`);
    return null;
  }
}

/**
 * The Python of an environment with these packages. The environment without any has pip, which costs seconds to
 * install, and installs into all others.
 */
function environment(packages: readonly string[]): string {
  const name = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16);
  const folder = path.join(cache, `python-${name}`);
  const python = path.join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  mkdirSync(cache, { recursive: true });
  const making = `${folder}.${process.pid}`;
  try {
    if (packages.length === 0) run('python3', ['-m', 'venv', making]);
    else {
      const pip = [
        '-m',
        'pip',
        '--python',
        path.join(making, 'bin', 'python'),
        '--quiet',
        '--disable-pip-version-check',
      ];
      run('python3', ['-m', 'venv', '--without-pip', making]);
      // What is not compiled here is when it is imported, which most of it never is.
      run(environment([]), [...pip, 'install', '--no-compile', '--retries', '1', '--timeout', '15', ...packages]);
    }
    if (!existsSync(folder)) renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return python;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(stderr.trim().split('\n').at(-1));
}
