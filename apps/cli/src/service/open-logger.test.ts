import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { openLogger } from './open-logger.js';

test('lines go to their file as they are logged', () => {
  const file = path.join(temporaryFolder(), 'log');
  const fd = openSync(file, 'w');
  openLogger('info', fd).info('said');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ msg: 'said' });
  closeSync(fd);
});

// `/dev/full` answers every write as a file on a full disk does.
const onFull = existsSync('/dev/full') ? test : test.skip;
if (!existsSync('/dev/full')) console.warn('NOT RUN: the full log, because there is no /dev/full.');

onFull('a file that takes no lines fails nobody who logs', () => {
  const fd = openSync('/dev/full', 'w');
  const logger = openLogger('info', fd);
  for (let times = 0; times < 3; times++) expect(() => logger.info('said')).not.toThrow();
  closeSync(fd);
});
