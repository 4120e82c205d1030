import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { digestsIn, exampleFolder, exampleImages, quickOptions } from '../testing/example-set.js';
import { type JsonEvent, mediclip, mediclipEvents, startMediclip } from '../testing/run-mediclip.js';

jest.setTimeout(180_000);

const options = quickOptions(2);
const steps = 6;
const place = (name: string) => path.join(temporaryFolder(), name);
const adapt = (out: string, ...more: string[]) => ['adapt', exampleFolder, '--out', out, '--options', options, ...more];
const atStep = (step: number) => (event: JsonEvent) => event.phase === 'training' && Number(event.done) >= step;
const stopStep = 1 + Math.floor(Math.random() * 2);
const killStep = stopStep + 2 + Math.floor(Math.random() * (steps - stopStep - 3));

const model = place('undisturbed');
let undisturbed: Record<string, string>;

beforeAll(async () => {
  await mediclipEvents(adapt(model));
  undisturbed = digestsIn(model);
});

test('an adaptation stops at Ctrl-C before its first step and later, loses its engine, is killed, and goes on each time to the bytes of an undisturbed one', async () => {
  const out = place('stopped');
  const early = startMediclip(adapt(out, '--json'));
  await early.event(({ event }) => event === 'started');
  early.signalGroup('SIGINT');
  expect((await early.finished).end).toBe(130);
  expect(existsSync(out)).toBe(false);

  const stopped = startMediclip(adapt(out, '--json', '--resume'));
  await stopped.event(atStep(stopStep));
  stopped.signalGroup('SIGINT');
  const { end, stderr } = await stopped.finished;
  expect(end).toBe(130);
  expect(stderr.split('\n').slice(-2)).toEqual([
    `mediclip: Stopped; go on with: mediclip adapt … --resume --out ${out}`,
    '',
  ]);
  expect(existsSync(path.join(`${out}.partial`, 'training', 'checkpoint'))).toBe(true);
  expect(existsSync(out)).toBe(false);

  const other = await mediclip(adapt(out, '--resume', '--seed', '5'));
  expect(other.end).toBe(1);
  expect(other.stderr).toMatch(
    /\nmediclip: The checkpoint belongs to other options, .*: resume with the same ones, .*\n$/,
  );

  const killed = startMediclip(adapt(out, '--json', '--resume'));
  await killed.event(({ event }) => event === 'started');
  for (const pid of childrenOf(killed.child.pid!)) process.kill(pid, 'SIGKILL');
  const restart = await killed.event(({ event }) => event === 'engine-restarted');
  expect(restart).toMatchObject({ reason: 'crash', description: 'it was killed by SIGKILL' });
  expect(Number((await killed.event(atStep(0))).done)).toBeGreaterThan(stopStep);
  await killed.event(atStep(killStep));
  killed.signalGroup('SIGKILL');
  expect((await killed.finished).end).toBe('SIGKILL');
  expect(existsSync(out)).toBe(false);

  await mediclipEvents(adapt(out, '--resume'));
  expect({ stopStep, killStep, files: digestsIn(out) }).toEqual({ stopStep, killStep, files: undisturbed });
  expect(readdirSync(path.dirname(out))).toEqual(['stopped']);
});

test.each(['score', 'evaluate'])('%s stops at Ctrl-C', async (command) => {
  const what = command === 'score' ? exampleImages('test/normal', 16) : [exampleFolder];
  const run = startMediclip([command, model, ...what, '--json']);
  await run.event(() => true);
  run.signalGroup('SIGINT');
  const { end, stderr } = await run.finished;
  expect({ end, stderr }).toEqual({ end: 130, stderr: 'mediclip: Stopped.\n' });
});

function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  const list = existsSync(file)
    ? readFileSync(file, 'utf8')
    : execFileSync('pgrep', ['-P', `${pid}`], { encoding: 'utf8' });
  return list.trim().split(/\s+/).map(Number);
}
