import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';

const top = fileURLToPath(new URL('../../../../', import.meta.url));

test('npm knows every setting of .npmrc, and runs no install script of a package', () => {
  const { stdout, stderr } = spawnSync('npm', ['config', 'get', 'ignore-scripts'], { cwd: top, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
});

test('only the binaries of ONNX Runtime for this machine stay', async () => {
  const { removeForeignBinaries } = await import(path.join(top, 'scripts', 'remove-foreign-binaries.mjs'));
  const folder = temporaryFolder();
  for (const place of ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64']) {
    mkdirSync(path.join(folder, place), { recursive: true });
  }
  removeForeignBinaries(folder, { platform: 'linux', arch: 'x64' });
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['linux', 'linux/x64']);
  removeForeignBinaries(folder, { platform: 'linux', arch: 'x64' });
  for (const image of ['Dockerfile', 'Dockerfile.gpu']) {
    expect(readFileSync(path.join(top, image), 'utf8')).toMatch(
      /npm ci --omit=dev \\\n && node scripts\/remove-foreign-binaries\.mjs/,
    );
  }
});
