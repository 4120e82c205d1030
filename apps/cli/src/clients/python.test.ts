import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { problemKind, problemSlugs } from '@mediclip/contracts';
import { findPython, temporaryFolder } from '@mediclip/testing';
import { startEmbeddedServer } from '../demo/embedded-server.js';

const folder = fileURLToPath(new URL('../../../../clients/python', import.meta.url));
const python = findPython([
  'httpx==0.28.1',
  'numpy==2.2.6',
  'pillow==11.3.0',
  'pydicom==3.0.2',
  'tqdm==4.70.1',
  'pytest==9.2.0',
  'hatchling==1.33.0',
]);
const testWithPython = python === null ? test.skip : test;

/** Runs the program of the package's own test environment there, nothing written beside the sources. */
async function run(...args: string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: path.join(folder, 'src'), PYTHONDONTWRITEBYTECODE: '1' };
  try {
    return (await promisify(execFile)(python!, args, { cwd: folder, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`python ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

testWithPython(
  'the Python client keeps the promises of its own suite against a server',
  async () => {
    const server = await startEmbeddedServer(temporaryFolder());
    try {
      process.env.MEDICLIP_URL = server.baseUrl;
      expect(await run('-m', 'pytest', '-q', '-p', 'no:cacheprovider')).toMatch(/^\d+ passed in /m);
    } finally {
      delete process.env.MEDICLIP_URL;
      await server.stop();
    }
  },
  300_000,
);

testWithPython('the Python client tries again after the problems that the catalogue calls retryable', async () => {
  const program = 'import json; from mediclip_client.errors import RETRYABLE; print(json.dumps(sorted(RETRYABLE)))';
  const retryable = problemSlugs.filter((slug) => problemKind(slug).retryable);
  expect(JSON.parse(await run('-c', program))).toEqual([...retryable].sort());
});
