/**
 * Runs jest with ES modules on and its time limits stretched to the speed of this machine; arguments are passed on to
 * jest. Temporary files lie in a folder of this run, which goes with it; in memory where there is room: the store
 * waits for the disk at every write, which would take a third of the time. The folder is also TEST_RUN_FOLDER, for what
 * takes long to make and test files share. What Python compiles is kept from run to run, and never beside its sources.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { timeFactor } from './measure-speed.mjs';

const GiB = 2 ** 30;
const memory = '/dev/shm';

function hasRoomInMemory() {
  if (!existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 4 * GiB && freemem() > 8 * GiB;
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const factor = await timeFactor();
process.stderr.write(`mediclip: tests have ${factor.toFixed(1)} times their time limits\n`);
const folder = mkdtempSync(path.join(hasRoomInMemory() ? memory : tmpdir(), 'mediclip-tests-'));
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    fileURLToPath(import.meta.resolve('jest/bin/jest')),
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      MEDICLIP_ENGINE_THREADS: '1',
      ...process.env,
      TEST_TIME_FACTOR: String(factor),
      TEST_RUN_FOLDER: folder,
      TMPDIR: folder,
      PYTHONDONTWRITEBYTECODE: '',
      PYTHONPYCACHEPREFIX: path.join(root, 'node_modules', '.cache', 'mediclip', 'compiled'),
    },
  },
);
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
