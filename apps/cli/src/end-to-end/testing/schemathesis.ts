import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '4.32.5';
const folder = fileURLToPath(new URL(`../../../../../node_modules/.cache/schemathesis-${version}`, import.meta.url));
const program = path.join(folder, 'bin', 'schemathesis');
const hooks = fileURLToPath(new URL('./schemathesis_hooks.py', import.meta.url));
const installLimitMs = 180_000;

export interface Finished {
  readonly status: number | null;
  readonly output: string;
}

/**
 * Installs schemathesis, a Python program, into a folder of its own below `node_modules`, unless it is there. False
 * after a loud line where it cannot be had, and the tests that need it are to be skipped then.
 */
export async function ensureSchemathesis(): Promise<boolean> {
  if (existsSync(program) && (await run(program, ['--version'])).output.includes(version)) return true;
  const made = await run('python3', ['-m', 'venv', '--clear', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '15'];
  const installed =
    made.status === 0
      ? await run(path.join(folder, 'bin', 'python'), [...pip, `schemathesis==${version}`], installLimitMs)
      : made;
  if (installed.status === 0) return true;
  const reason = installed.output.trim().split('\n').at(-1);
  process.stderr.write(
    `mediclip: NO SCHEMATHESIS: the tests that fuzz the running server are SKIPPED, because it could not be installed: ${reason}. They need python3 with venv, and a package index.\n`,
  );
  return false;
}

/** Runs schemathesis to its end, whatever that is. */
export const schemathesis = (args: readonly string[], cwd: string): Promise<Finished> =>
  run(program, args, undefined, cwd);

/** `status` is null when the program is not there or was killed. */
function run(command: string, args: readonly string[], timeout?: number, cwd?: string): Promise<Finished> {
  const env = { ...process.env, SCHEMATHESIS_HOOKS: hooks };
  const options = { timeout, cwd, env, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' as const };
  return new Promise((resolve) => {
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      resolve({ status: child.exitCode, output: `${stdout}${stderr}${error && !stderr ? error.message : ''}` });
    });
  });
}
