import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { operationIds, problemKind, problemSlugs } from '@mediclip/contracts';
import { findPython, temporaryFolder } from '@mediclip/testing';
import { type EmbeddedServer, startEmbeddedServer } from '../demo/embedded-server.js';

const top = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = path.join(top, 'clients', 'python');
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

/** Runs the program of the package's own test environment there. */
async function run(...args: string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: path.join(folder, 'src') };
  try {
    return (await promisify(execFile)(python!, args, { cwd: folder, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`python ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const generator = findPython(['openapi-python-client==0.29.1']);
const testWithGenerator = generator === null ? test.skip : test;

const hasJava = spawnSync('java', ['-version']).error === undefined;
if (!hasJava) console.warn('SKIPPED: openapi-generator-cli, because there is no Java.');
/** A program that ends after seconds does not earn back what the second compiler and parallel collectors take. */
const shortLived = { JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' };
const validator = hasJava ? findPython(['openapi-generator-cli==7.26.0']) : null;

let server: EmbeddedServer | undefined;
beforeAll(async () => {
  if (python ?? generator) server = await startEmbeddedServer(temporaryFolder());
});
afterAll(() => server?.stop());

testWithPython(
  'the Python client keeps the promises of its own suite against a server',
  async () => {
    try {
      process.env.MEDICLIP_URL = server!.baseUrl;
      expect(await run('-m', 'pytest', '-q', '-p', 'no:cacheprovider')).toMatch(/^\d+ passed in /m);
    } finally {
      delete process.env.MEDICLIP_URL;
    }
  },
  300_000,
);

/** They have no server of DICOMweb to talk to, and no DICOM files to send. */
const withoutPacs = ['importFromDicomweb', 'storeStudyInDataset', 'scoreStudy', 'getStudyResults', 'pushStudyResults'];

testWithGenerator(
  'openapi-python-client generates without a warning, and every operation is called through what it generates',
  async () => {
    const generated = temporaryFolder();
    const config = path.join(top, 'clients', 'openapi-python-client.yaml');
    const said = await promisify(execFile)(
      generator!,
      [
        ...['-m', 'openapi_python_client', 'generate', '--path', path.join(top, 'openapi.yaml'), '--config', config],
        ...['--meta', 'none', '--fail-on-warning', '--output-path', path.join(generated, 'generated')],
      ],
      { env: { ...process.env, COLUMNS: '1000' } },
    );
    expect(`${said.stdout}${said.stderr}`.trim()).toMatch(/^Generating \S+$/);

    const program = fileURLToPath(new URL('testing/call_every_operation.py', import.meta.url));
    const examples = path.join(top, 'examples', 'brain-mri');
    const { stdout } = await promisify(execFile)(generator!, [program, generated, server!.baseUrl, examples]);
    const statuses = new Map(
      Object.entries(JSON.parse(stdout) as Record<string, number>).map(([name, status]) => [
        name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
        status,
      ]),
    );
    expect([...statuses.keys()].sort()).toEqual([...operationIds].sort());
    expect([...statuses].flatMap(([name, status]) => (status < 300 ? [] : [name]))).toEqual(withoutPacs);
  },
  300_000,
);

(validator === null ? test.skip : test)(
  'openapi-generator-cli validates openapi.yaml, and finds only the events of streams unused',
  async () => {
    const program = 'from openapi_generator_cli import cli; cli()';
    const args = ['-c', program, 'validate', '--input-spec', path.join(top, 'openapi.yaml')];
    const { stdout } = await promisify(execFile)(validator!, args, { env: { ...process.env, ...shortLived } });
    const found = [...stdout.matchAll(/^\t- (.*)$/gm)].map(([, line]) => line);
    expect(found.filter((line) => !/^Unused model: Job\w*Event$/.test(line!))).toEqual([]);
    expect(stdout).toMatch(/^(No validation issues detected\.|\[info\] Spec has \d recommendation\(s\)\.)$/m);
  },
  300_000,
);

testWithPython('the Python client tries again after the problems that the catalogue calls retryable', async () => {
  const program = 'import json; from mediclip_client.errors import RETRYABLE; print(json.dumps(sorted(RETRYABLE)))';
  const retryable = problemSlugs.filter((slug) => problemKind(slug).retryable);
  expect(JSON.parse(await run('-c', program))).toEqual([...retryable].sort());
});
