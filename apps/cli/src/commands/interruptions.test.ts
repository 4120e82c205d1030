import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { digestsIn, exampleFolder, exampleImages, quickOptions } from '../testing/example-set.js';
import { type JsonEvent, mediclip, mediclipEvents, startMediclip } from '../testing/run-mediclip.js';

jest.setTimeout(180_000);

const options = quickOptions(3);
const steps = 9;
const place = (name: string) => path.join(temporaryFolder(), name);
const adapt = (out: string, ...more: string[]) => ['adapt', exampleFolder, '--out', out, '--options', options, ...more];
const atStep = (step: number) => (event: JsonEvent) => event.phase === 'training' && Number(event.done) >= step;
const randomStep = () => 1 + Math.floor(Math.random() * (steps - 1));

const model = place('undisturbed');
let undisturbed: Record<string, string>;

beforeAll(async () => {
  await mediclipEvents(adapt(model));
  undisturbed = digestsIn(model);
});

describe('an adaptation', () => {
  test('stops at Ctrl-C with a checkpoint, and goes on with the same options to the same bytes', async () => {
    const out = place('stopped');
    const step = randomStep();
    const run = startMediclip(adapt(out, '--json'));
    await run.event(atStep(step));
    run.signalGroup('SIGINT');
    const { end, stderr } = await run.finished;
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

    const resumed = await mediclipEvents(adapt(out, '--resume'));
    const first = resumed.find(atStep(0))!;
    expect(Number(first.done)).toBeGreaterThan(step);
    expect(digestsIn(out)).toEqual(undisturbed);
    expect(readdirSync(path.dirname(out))).toEqual(['stopped']);
  });

  test('stops at Ctrl-C before its first step too', async () => {
    const out = place('early');
    const run = startMediclip(adapt(out, '--json'));
    await run.event(({ event }) => event === 'started');
    run.signalGroup('SIGINT');
    expect((await run.finished).end).toBe(130);
    expect(existsSync(out)).toBe(false);
    await mediclipEvents(adapt(out, '--resume'));
    expect(digestsIn(out)).toEqual(undisturbed);
  });

  test('killed with all its processes at a random step goes on to the same bytes', async () => {
    const out = place('killed');
    const step = randomStep();
    const run = startMediclip(adapt(out, '--json'));
    await run.event(atStep(step));
    run.signalGroup('SIGKILL');
    expect((await run.finished).end).toBe('SIGKILL');
    expect(existsSync(out)).toBe(false);
    await mediclipEvents(adapt(out, '--resume'));
    expect({ step, files: digestsIn(out) }).toEqual({ step, files: undisturbed });
  });

  test('whose engine process is killed goes on by itself, to the same bytes', async () => {
    const out = place('engine-killed');
    const run = startMediclip(adapt(out, '--json'));
    await run.event(atStep(randomStep()));
    for (const pid of childrenOf(run.child.pid!)) process.kill(pid, 'SIGKILL');
    const restart = await run.event(({ event }) => event === 'engine-restarted');
    expect(restart).toMatchObject({ reason: 'crash', description: 'it was killed by SIGKILL' });
    expect((await run.finished).end).toBe(0);
    expect(digestsIn(out)).toEqual(undisturbed);
  });
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
