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
  process.stderr.write(`mediclip: the test of the walk-throughs is SKIPPED, because ${missing} is not installed\n`);
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

/** The commands of a section. */
function walkThrough(file: string, title: string): string {
  const section = readFileSync(path.join(root, file), 'utf8').split(`\n## ${title}\n`)[1] ?? '';
  const block = /^```sh\n(.*?)^```$/ms.exec(section)?.[1];
  if (block === undefined) throw new Error(`${file} has no commands below "${title}".`);
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
  'the walk-throughs with curl, of the README and of the life of a detector, work word for word, one after the other',
  async () => {
    const service = await startService();
    const folder = temporaryFolder();
    symlinkSync(path.join(root, 'examples'), path.join(folder, 'examples'));
    const script = [
      walkThrough('README.md', 'Walk-through with curl'),
      'echo life',
      walkThrough('docs/api.md', 'The life of a detector with curl'),
    ].join('\n');
    const shell = spawn('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], {
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

    const [first = '', life = ''] = output.split('\nlife\n');
    const lines = first.split('\n').filter((line) => line !== '');
    expect(lines[0]).toBe('56');
    expect(output.match(/^event: end$/gm)).toHaveLength(1);
    const score = Number(lines.at(-1));
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(1);
    expect(await decodeImage(readFileSync(path.join(folder, 'overlay.png')))).toMatchObject({ format: 'png' });
    expect(readFileSync(path.join(folder, 'report.html'), 'utf8')).toContain('</html>');
    const [threshold, model, scored, verdict, parent, moved, answered, status404, ...rest] = life.trim().split('\n');
    expect(Number(threshold)).toBeGreaterThan(0);
    expect([scored, verdict, parent, status404, rest]).toEqual(['32', 'normal', model, '404', []]);
    expect(moved).not.toBe(model);
    expect(answered).toBe(moved);
    expect(await service.stop()).toBe(0);
  },
  120_000,
);
