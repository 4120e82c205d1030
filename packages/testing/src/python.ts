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
  const name = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16);
  const folder = path.join(cache, `python-${name}`);
  const python = path.join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  mkdirSync(cache, { recursive: true });
  const making = `${folder}.${process.pid}`;
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', making]],
    [
      path.join(making, 'bin', 'python'),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    ],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
    if (status === 0) continue;
    rmSync(making, { recursive: true, force: true });
    const reason = error?.message ?? stderr.trim().split('\n').at(-1);
    console.warn(`SKIPPED: no Python with ${packages.join(', ')} could be made (${reason}).`);
    return null;
  }
  if (existsSync(folder)) rmSync(making, { recursive: true, force: true });
  else renameSync(making, folder);
  return python;
}
