import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const program = `
import { createRequire } from 'node:module';
await import(process.argv[1]);
console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)));`;

test('loads neither decoders of images nor the writer of models with the room', () => {
  const room = new URL('../dist/index.js', import.meta.url);
  const args = ['--input-type=module', '--eval', program, room.href];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const packages = (JSON.parse(stdout) as string[]).map((file) => /.*node_modules[\\/]([^\\/]+)/.exec(file)?.[1]);
  expect(packages).toContain('yauzl');
  for (const late of ['sharp', 'dicom-parser', 'protobufjs']) expect(packages).not.toContain(late);
});
