import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findPython } from '@mediclip/testing';

const hooks = fileURLToPath(new URL('./schemathesis_hooks.py', import.meta.url));
const program = 'from schemathesis.cli import schemathesis; schemathesis()';

export interface Finished {
  readonly status: number | null;
  readonly output: string;
}

/** A Python that has schemathesis; null after a loud line where it cannot be had. */
export const findSchemathesis = (): string | null => findPython(['schemathesis==4.32.5']);

/** Runs schemathesis to its end, whatever that is. `status` is null when it was killed. */
export function schemathesis(python: string, args: readonly string[], cwd: string): Promise<Finished> {
  const env = { ...process.env, SCHEMATHESIS_HOOKS: hooks };
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' as const };
  return new Promise((resolve) => {
    const child = execFile(python, ['-c', program, ...args], options, (error, stdout, stderr) => {
      resolve({ status: child.exitCode, output: `${stdout}${stderr}${error && !stderr ? error.message : ''}` });
    });
  });
}
