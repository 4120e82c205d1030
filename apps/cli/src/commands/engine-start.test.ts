import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { exampleImages, folderWith } from '../testing/example-set.js';
import type { WatchedLine } from '../testing/module-watch.js';
import { startMediclip } from '../testing/run-mediclip.js';

const watcher = new URL('../../dist/testing/module-watch.js', import.meta.url);
const [image] = exampleImages('test/normal', 1) as [string];

/** Runs the command; tells its processes and modules, in the order in which they began and were loaded. */
async function watched(args: readonly string[]) {
  const log = path.join(temporaryFolder(), 'log');
  const { end, stderr } = await startMediclip(args, { NODE_OPTIONS: `--import ${watcher}?log=${log}` }).finished;
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return { end, stderr, lines: lines.map((line) => JSON.parse(line) as WatchedLine) };
}

const isEngine = ({ program }: WatchedLine) => program?.endsWith('engine-process.js') === true;
const isSchema = ({ url }: WatchedLine) => url?.includes('/node_modules/zod/') === true;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.each([['--version'], ['--help'], ['score', '--help']])('%s %s loads no schemas', async (...args) => {
  const { end, lines } = await watched(args);
  expect(end).toBe(0);
  expect(lines.some(({ url }) => url?.endsWith('/cli/dist/main.js'))).toBe(true);
  expect(lines.filter(isSchema)).toEqual([]);
});

describe('an engine process', () => {
  test('starts before any schema is loaded, and is gone after a command that fails early', async () => {
    const model = folderWith({ 'detector.json': '{}' });
    const { end, stderr, lines } = await watched(['score', model, image]);
    expect({ end, stderr }).toMatchObject({
      end: 1,
      stderr: expect.stringMatching(/ is damaged or of another version/),
    });
    const engines = lines.filter(isEngine);
    expect(engines).toHaveLength(1);
    const [{ pid }] = engines as [WatchedLine];
    expect(isAlive(pid)).toBe(false);
    const schema = lines.findIndex(isSchema);
    const fork = lines.findIndex(({ url }) => url?.endsWith('/engine/dist/parent/engine-child.js'));
    expect(fork).toBeGreaterThan(0);
    expect(schema).toBeGreaterThan(fork);
  });

  test('is not started with a server', async () => {
    const paths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { end, lines } = await watched(['--server', address, 'score', 'model', image]);
    server.close();
    expect(end).toBe(1);
    expect(paths).toEqual([expect.stringMatching(/^\/v1\//)]);
    expect(lines.filter(isEngine)).toEqual([]);
  });

  test.each([
    ['for an option that there is not', ['score', 'model', image, '--wrong']],
    ['for an argument that is missing', ['score', 'model']],
    ['for a device that there is not', ['score', 'model', image, '--device', 'abacus']],
    ['without a detector', ['score', temporaryFolder(), image]],
  ])('is not started %s', async (_case, args) => {
    const { end, lines } = await watched(args);
    expect(end).toBe(1);
    expect(lines.filter(isEngine)).toEqual([]);
  });
});
