import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { decodeImage } from '@mediclip/imaging';
import { temporaryFolder } from '@mediclip/testing';
import { quickOptions } from './testing/examples.js';
import { startService } from './testing/service-process.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** What the walk-through is run with. */
const tools = ['bash', 'curl', 'tar'];
const missing = tools.filter((tool) => !isInstalled(tool));
if (missing.length > 0) {
  process.stderr.write(
    `mediclip: the test of the README's walk-through is SKIPPED, because ${missing} is not installed\n`,
  );
}
const testWithTools = missing.length > 0 ? test.skip : test;

function isInstalled(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The commands of the README's section. */
function walkThrough(): string {
  const section = readFileSync(path.join(root, 'README.md'), 'utf8').split('\n## Walk-through with curl\n')[1] ?? '';
  const block = /^```sh\n(.*?)^```$/ms.exec(section)?.[1];
  if (block === undefined) throw new Error('README.md has no walk-through with curl.');
  return block;
}

/**
 * A folder with a `curl` that asks the server of the test in place of that of the README, and for a training that takes
 * seconds.
 */
function curlTo(baseUrl: string): string {
  const folder = temporaryFolder();
  const options = JSON.stringify(quickOptions(1)).slice(1);
  const program = `#!/usr/bin/env bash
arguments=()
for argument; do
  argument=\${argument//'http://127.0.0.1:8080'/'${baseUrl}'}
  if [[ $argument == '{"datasetId": "'*'"}' ]]; then argument="\${argument%\\}},"'${options}'; fi
  arguments+=("$argument")
done
PATH=\${PATH#*:}
exec curl "\${arguments[@]}"
`;
  writeFileSync(path.join(folder, 'curl'), program);
  chmodSync(path.join(folder, 'curl'), 0o755);
  return folder;
}

testWithTools(
  "the README's walk-through with curl works word for word",
  async () => {
    const service = await startService();
    const folder = temporaryFolder();
    symlinkSync(path.join(root, 'examples'), path.join(folder, 'examples'));
    const shell = spawn('bash', ['-e', '-u', '-o', 'pipefail', '-c', walkThrough()], {
      cwd: folder,
      env: { ...process.env, PATH: `${curlTo(service.baseUrl)}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors, [status]] = await Promise.all([
      text(shell.stdout),
      text(shell.stderr),
      once(shell, 'close'),
    ]);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });

    const lines = output.split('\n').filter((line) => line !== '');
    expect(lines[0]).toBe('56');
    expect(output.match(/^event: end$/gm)).toHaveLength(1);
    const score = Number(lines.at(-1));
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(1);
    expect(await decodeImage(readFileSync(path.join(folder, 'overlay.png')))).toMatchObject({ format: 'png' });
    expect(readFileSync(path.join(folder, 'report.html'), 'utf8')).toContain('</html>');
    expect(await service.stop()).toBe(0);
  },
  120_000,
);
