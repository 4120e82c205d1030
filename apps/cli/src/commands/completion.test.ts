import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { mediclip } from '../testing/run-mediclip.js';

test('bash completes commands, commands of commands, and options, wherever options stand before', async () => {
  const { stdout: script } = await mediclip(['completion', 'bash']);
  const complete = (...words: string[]) => {
    const asked = `COMP_WORDS=(mediclip ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _mediclip; echo "\${COMPREPLY[*]}"`;
    return spawnSync('bash', ['-c', `${script}\n${asked}`], { encoding: 'utf8' }).stdout.trim();
  };
  expect(complete('ad')).toBe('adapt');
  expect(complete('jobs', 'c')).toBe('cancel');
  expect(complete('--server', 'http://127.0.0.1', 'models', 'ex')).toBe('export');
  expect(complete('score', 'model', '--ma')).toBe('--maps');
  expect(complete('score', '--key')).toBe('--key-file');
  expect((await mediclip(['completion', 'fish'])).stdout).toContain("-n '__fish_seen_subcommand_from jobs");
  expect((await mediclip(['completion', 'zsh'])).stdout).toMatch(/^#compdef mediclip\n/);
  expect(await mediclip(['completion', 'csh'])).toMatchObject({ end: 1 });
});
