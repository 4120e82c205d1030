/**
 * Runs jest with ES modules on and its time limits stretched to the speed of this machine; arguments are passed on to
 * jest.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { timeFactor } from './measure-speed.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const factor = await timeFactor();
process.stderr.write(`mediclip: tests have ${factor.toFixed(1)} times their time limits\n`);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    fileURLToPath(import.meta.resolve('jest/bin/jest')),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, TEST_TIME_FACTOR: String(factor) } },
);
process.exitCode = status ?? 1;
