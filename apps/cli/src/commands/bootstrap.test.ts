import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { serviceVersion } from '@mediclip/contracts';

const bin = fileURLToPath(new URL('../../../../bin/mediclip.mjs', import.meta.url));

test('bin/mediclip.mjs builds what is missing and runs the command', () => {
  expect(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8', stdio: 'pipe' })).toBe(
    `${serviceVersion}\n`,
  );
}, 180_000);
