import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

const built = (name: string) => new URL(`../../dist/${name}`, import.meta.url);

/** A program with its output in a pipe that nobody reads yet. */
function start(program: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, errors: text(child.stderr), ended: once(child, 'close') };
}

test('a program that exits once its output is written loses nothing to a slow reader', async () => {
  const { child, ended } = start(`
    import { written } from ${JSON.stringify(built('terminal/written.js'))};
    process.stdout.write('a'.repeat(2_000_000));
    process.stderr.write('written to');
    await written(process.stdout);
    process.exit();`);
  await once(child.stderr, 'data');
  expect(await text(child.stdout)).toHaveLength(2_000_000);
  expect(await ended).toEqual([0, null]);
});

test('a command whose reader has gone ends without a word', async () => {
  const { child, errors, ended } = start(`
    import { main } from ${JSON.stringify(built('main.js'))};
    process.exit(await main([process.execPath, 'mediclip', 'completion', 'bash']));`);
  child.stdout.destroy();
  expect(await ended).toEqual([141, null]);
  expect(await errors).toBe('');
});
