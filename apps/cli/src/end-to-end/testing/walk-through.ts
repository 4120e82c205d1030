import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { quickOptions } from './examples.js';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));

const running = new Set<ChildProcess>();
// A walk-through that waits for what never comes ends with its test.
afterAll(() => {
  for (const { pid } of running) process.kill(-pid!, 'SIGKILL');
});

/** Why no walk-through can be run here; undefined where they can. */
export const whyNoWalkThrough = (() => {
  const missing = ['bash', 'curl', 'tar'].filter((tool) => !isInstalled(tool));
  return missing.length > 0 ? `${missing} is not installed` : undefined;
})();

function isInstalled(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The commands below a heading of a page, the first block of them. */
export function commandsOf(file: string, heading: string): string {
  const section = readFileSync(path.join(root, file), 'utf8').split(`\n${heading}\n`)[1] ?? '';
  const block = /^```sh\n(.*?)^```$/ms.exec(section)?.[1];
  if (block === undefined) throw new Error(`${file} has no commands below "${heading}".`);
  return block;
}

export interface Places {
  /** What stands for the servers that the page names, by their addresses there. */
  readonly servers: Readonly<Record<string, string>>;
  /** Scripts that stand for programs, by name. */
  readonly programs?: Readonly<Record<string, string>>;
}

/**
 * Runs commands in a folder with the examples in it, word for word but for servers and programs that others stand for,
 * for a training that takes seconds, and for rests between two looks that take half of one.
 */
export async function runCommands(script: string, { servers, programs = {} }: Places) {
  const folder = temporaryFolder();
  symlinkSync(path.join(root, 'examples'), path.join(folder, 'examples'));
  const standIns = temporaryFolder();
  for (const [name, program] of Object.entries({ curl: curlTo(servers), sleep: shortSleep, ...programs })) {
    writeFileSync(path.join(standIns, name), program);
    chmodSync(path.join(standIns, name), 0o755);
  }
  const shell = spawn('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, PATH: `${standIns}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(shell);
  shell.once('exit', () => running.delete(shell));
  const [output, errors, [status]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  return { folder, output, errors, status: status as number };
}

const shortSleep = `#!/bin/sh
PATH=\${PATH#*:}
exec sleep 0.5
`;

function curlTo(servers: Places['servers']): string {
  const options = JSON.stringify(quickOptions(1)).slice(1);
  const places = Object.entries(servers).map(([given, here]) => `  argument=\${argument//'${given}'/'${here}'}\n`);
  return `#!/usr/bin/env bash
arguments=()
for argument; do
${places.join('')}  if [[ $argument == '{"datasetId": "'*'"}' ]]; then argument="\${argument%\\}},"'${options}'; fi
  arguments+=("$argument")
done
PATH=\${PATH#*:}
exec curl "\${arguments[@]}"
`;
}
