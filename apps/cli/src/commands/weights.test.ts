import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listBackbones } from '@mediclip/backbones';
import { temporaryFolder } from '@mediclip/testing';
import { mediclip, mediclipEvents, startMediclip } from '../testing/run-mediclip.js';

const name = 'open_clip_model.safetensors';

describe('weights list', () => {
  test('shows every backbone, and whose weights are here', async () => {
    const models = temporaryFolder();
    mkdirSync(path.join(models, 'openai-rn50'));
    writeFileSync(path.join(models, 'openai-rn50', name), 'weights');
    const { end, stdout } = await mediclip(['weights', 'list'], { MEDICLIP_MODELS_DIR: models });
    expect(end).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows.map(([id, state]) => [id, state])).toEqual(
      listBackbones().map(({ id }) => [id, id === 'lite' ? 'bundled' : id === 'openai-rn50' ? 'here' : '-']),
    );
    expect(await mediclipEvents(['weights', 'list', '--models-dir', models])).toEqual(
      listBackbones({ modelsFolder: models }).map((backbone) => ({ event: 'backbone', ...backbone })),
    );
  });
});

describe('weights import', () => {
  test('says why a file is of no backbone', async () => {
    const models = temporaryFolder();
    const file = path.join(temporaryFolder(), 'cat.safetensors');
    writeFileSync(file, 'meow meow meow');
    const { end, stdout, stderr } = await mediclip([
      'weights',
      'import',
      file,
      '--as',
      'openai-rn50',
      '--models-dir',
      models,
    ]);
    expect({ end, stdout }).toEqual({ end: 1, stdout: '' });
    expect(stderr).toMatch(/^mediclip: \S+cat\.safetensors: The file claims a header .*; check that it is .*\.\n$/);
    expect(readdirSync(models)).toEqual([]);
  });
});

describe('weights pull', () => {
  test('says what has no weights on the hub', async () => {
    const { end, stderr } = await mediclip(['weights', 'pull', 'biomedclip', '--models-dir', temporaryFolder()]);
    expect({ end, stderr }).toEqual({
      end: 1,
      stderr: expect.stringMatching(/^mediclip: The hub has "biomedclip" as a PyTorch checkpoint only; download it/),
    });
  });

  test('shows its token and its progress, and stops at Ctrl-C with what came', async () => {
    const sha256 = createHash('sha256').update('never seen').digest('hex');
    const hub = createServer(({ method, headers }, response) => {
      if (headers.authorization !== 'Bearer secret') return response.writeHead(401).end();
      response.writeHead(200, { 'content-length': 2 ** 24, etag: `"${sha256}"` });
      if (method === 'HEAD') return response.end();
      return response.write(Buffer.alloc(2 ** 22));
    });
    await new Promise<void>((resolve) => void hub.listen(0, '127.0.0.1', resolve));
    try {
      const models = temporaryFolder();
      const url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
      const args = ['weights', 'pull', 'openai-rn50', '--models-dir', models, '--json'];
      const run = startMediclip(args, { ...direct, MEDICLIP_HUB_URL: url, MEDICLIP_HUB_TOKEN: 'secret' });
      await run.event(({ phase, done, total }) => phase === name && done === 4 && total === 16);
      run.signalGroup('SIGINT');
      const { end, stderr } = await run.finished;
      expect({ end, stderr }).toEqual({ end: 130, stderr: 'mediclip: Stopped.\n' });
      expect(readdirSync(path.join(models, 'openai-rn50.partial'))).toEqual([`${name}.${sha256.slice(0, 16)}.partial`]);

      const refused = await mediclip(args, { ...direct, MEDICLIP_HUB_URL: url });
      expect(refused).toMatchObject({
        end: 1,
        stderr: expect.stringMatching(/set a token \(MEDICLIP_HUB_TOKEN\)\.\n$/),
      });
    } finally {
      hub.close();
      hub.closeAllConnections();
    }
  });
});

/** The hub of the test is on this machine, whatever the way to others is. */
const direct = { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
