import { expect, test } from '@jest/globals';
import { Turns } from './turns.js';

test('pieces of work that are ready at once are done in turns of their own, and others between them', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const work = async (name: string) => {
    await turns.next();
    done.push(name);
    setImmediate(() => done.push(`after ${name}`));
  };
  await Promise.all(['first', 'second', 'third'].map(work));
  expect(done).toEqual(['first', 'after first', 'second', 'after second', 'third']);
});
