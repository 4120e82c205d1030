import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { AdaptationJob } from '@mediclip/adaptation';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import * as ort from 'onnxruntime-node';
import type { Script } from '../testing/fake-compute.js';
import { Engine, type ScoreRequest } from './engine.js';
import type { EngineOptions } from './engine-options.js';

const computeModule = new URL('../../dist/testing/fake-compute.js', import.meta.url);
const engines: Engine[] = [];
const gone = new Error('the caller has gone');

const optionsOf = ({ timing, ...options }: Partial<EngineOptions> = {}): EngineOptions => ({
  device: 'cpu',
  threads: 1,
  synthesisThreads: 1,
  computeModule,
  timing: { beatIntervalMs: 20, backOffMs: 1, stopGraceMs: 500, ...timing },
  ...options,
});

async function startEngine(options?: Partial<EngineOptions>): Promise<Engine> {
  const engine = await Engine.start(optionsOf(options));
  engines.push(engine);
  return engine;
}

let calm: Promise<Engine> | undefined;

/** The engine of all tests that leave its process alive and idle. */
function calmEngine(): Promise<Engine> {
  calm ??= Engine.start(optionsOf());
  return calm;
}

afterAll(async () => (await calm)?.stop());

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

test('a process that has an engine does not load ONNX Runtime itself, and knows its version', () => {
  const room = JSON.stringify(new URL('../../dist/index.js', import.meta.url));
  const told = execFileSync(process.execPath, [
    '--input-type=module',
    '--eval',
    `const { onnxRuntimeVersion } = await import(${room});
    const loaded = process.report.getReport().sharedObjects.filter((file) => file.includes('onnxruntime'));
    console.log(JSON.stringify({ onnxRuntimeVersion, loaded }));`,
  ]);
  expect(JSON.parse(told.toString())).toEqual({ onnxRuntimeVersion: ort.env.versions.node, loaded: [] });
});

test('a start that is given up ends its process at once', async () => {
  const given = new AbortController();
  const starting = Engine.start({ device: 'cpu', computeModule }, { signal: given.signal });
  given.abort();
  await expect(starting).rejects.toMatchObject({ name: 'EngineError', code: 'stopped' });
});

/** A folder with commands for the fake. */
function folderWith(script?: Script): string {
  const folder = temporaryFolder();
  if (script) writeFileSync(path.join(folder, 'script.json'), JSON.stringify(script));
  return folder;
}

let detectors = 0;
const detector = (name: string, script?: Script) => ({ id: `${name}-${detectors++}`, folder: folderWith(script) });
const image = (grey: number) => ({ side: 2, data: new Uint8Array(12).fill(grey) });
const scores = (outputs: { score: number }[]) => outputs.map(({ score }) => Math.round(score * 255));

const side = 32;
const images = [{ width: side, height: side, data: Uint8Array.from({ length: side * side }, (_, i) => i % 251) }];

function job(script?: Script): AdaptationJob {
  const workFolder = folderWith(script);
  const outFolder = path.join(workFolder, 'detector');
  return { options: resolveAdaptationOptions({ seed: 5 }), images, workFolder, outFolder };
}

const result = ({ outFolder }: AdaptationJob) => readFileSync(path.join(outFolder, 'detector.json'), 'utf8');

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

/** Waits until the fake has obeyed its command in this folder. */
const obeyed = (folder: string) => until(() => existsSync(path.join(folder, 'obeyed')));

const killed = (engine: Engine) => process.kill(engine.state.pid!, 'SIGKILL');

/** Scores while the process is stopped for a moment, so that all images wait when it begins. */
function scoredAsOneBatch(engine: Engine, request: ScoreRequest) {
  const pid = engine.state.pid!;
  process.kill(pid, 'SIGSTOP');
  const answer = engine.score(request);
  process.kill(pid, 'SIGCONT');
  return answer;
}

/** Has an adaptation end 20 steps after its checkpoint; returns how many steps that makes of all. */
function endSoon({ workFolder }: AdaptationJob): number {
  const [done] = JSON.parse(readFileSync(path.join(workFolder, 'checkpoint.json'), 'utf8'));
  const steps = done + 20;
  writeFileSync(path.join(workFolder, 'script.json'), JSON.stringify({ steps } satisfies Script));
  return steps;
}

/** The result of the same adaptation when nothing disturbs it. */
async function undisturbed(steps?: number): Promise<string> {
  const engine = await calmEngine();
  const undisturbed = job(steps === undefined ? undefined : { steps });
  await engine.adapt(undisturbed);
  return result(undisturbed);
}

describe('scoring', () => {
  test('answers in order, and batches what waits for one tower', async () => {
    const engine = await calmEngine();
    const sizes: number[] = [];
    engine.on('batch', ({ size }) => sizes.push(size));
    const [first, second] = await Promise.all([
      engine.score({ detector: detector('a1'), images: [10, 20, 30].map(image) }),
      engine.score({ detector: detector('a2'), images: [40].map(image) }),
    ]);
    expect(scores(first)).toEqual([10, 20, 30]);
    expect(scores(second)).toEqual([40]);
    expect(first[0]!.map).toBeInstanceOf(Float32Array);
    expect(first[0]!.map).toHaveLength(first[0]!.mapSide ** 2);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(4);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });

  test('is told the precision that was asked for, by default `auto`', async () => {
    const exact = async (engine: Engine) => {
      const [output] = await engine.score({ detector: detector('a'), images: [image(1)] });
      return output!.map[3];
    };
    expect([await exact(await calmEngine()), await exact(await startEngine({ precision: 'float32' }))]).toEqual([0, 1]);
  });

  test('a detector that cannot be read, or fails, costs only its own images', async () => {
    const engine = await calmEngine();
    const outcomes = await Promise.allSettled([
      engine.score({ detector: { id: 'a1', folder: '/nowhere' }, images: [image(1)] }),
      engine.score({ detector: detector('a2', { command: 'fail' }), images: [image(2)] }),
      engine.score({ detector: detector('a3'), images: [image(3)] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(outcomes[0]).toMatchObject({ reason: { code: 'compute-failed', origin: { name: 'TypeError' } } });
    expect(engine.state.restarts).toBe(0);
  });

  test('an abort ends the wait', async () => {
    const engine = await startEngine();
    const stuck = detector('a', { command: 'hang', times: 1 });
    const controller = new AbortController();
    const waiting = engine.score({ detector: stuck, images: [image(1)] }, { signal: controller.signal });
    controller.abort(gone);
    await expect(waiting).rejects.toBe(gone);
  });

  test('an image whose bytes do not fit its side is refused', async () => {
    const engine = await calmEngine();
    const image = { side: 2, data: new Uint8Array(11) };
    await expect(engine.score({ detector: detector('a'), images: [image] })).rejects.toThrow('12 bytes');
  });

  test('more images than may wait are refused at once', async () => {
    const engine = await startEngine({ maxPendingImages: 2 });
    const call = { detector: detector('a'), images: [1, 2].map(image) };
    const accepted = engine.score(call);
    await expect(engine.score({ ...call, images: [image(1)] })).rejects.toMatchObject({ code: 'overloaded' });
    await accepted;
    await engine.score(call);
  });
});

describe('the engine process dies', () => {
  test('kill -9 in the middle of a batch: its images are scored again', async () => {
    const engine = await startEngine();
    const stuck = detector('a', { command: 'hang', times: 1 });
    const answer = engine.score({ detector: stuck, images: [10, 20, 30].map(image) });
    await obeyed(stuck.folder);
    killed(engine);
    expect(scores(await answer)).toEqual([10, 20, 30]);
    expect(engine.state).toMatchObject({ status: 'ready', restarts: 1 });
  });

  test('an image that kills it twice is given up; the others of its batch are scored', async () => {
    const engine = await startEngine();
    const outcomes = await Promise.allSettled([
      engine.score({ detector: detector('a1'), images: [1, 2].map(image) }),
      engine.score({ detector: detector('a2', { command: 'abort' }), images: [image(3)] }),
      engine.score({ detector: detector('a3'), images: [4, 5].map(image) }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'crashed', message: expect.stringContaining('SIGABRT') } });
    expect(engine.state.restarts).toBe(2);
  });

  test('kill -9 in the middle of an adaptation: it ends with the bytes of an undisturbed run', async () => {
    const engine = await startEngine();
    const disturbed = job({ command: 'hang', step: 13, times: 1 });
    const done = engine.adapt(disturbed);
    await obeyed(disturbed.workFolder);
    killed(engine);
    await done;
    expect(engine.state.restarts).toBe(1);
    expect(result(disturbed)).toBe(await undisturbed());
  });

  test('an adaptation that kills it at the same step again and again is given up, the next one runs', async () => {
    const engine = await startEngine({ adaptationAttempts: 2 });
    const deadly = engine.adapt(job({ command: 'kill', step: 8 }));
    const next = engine.adapt(job());
    await expect(deadly).rejects.toMatchObject({ name: 'EngineError', code: 'crashed' });
    await next;
    expect(engine.state.restarts).toBe(2);
  });

  test('an adaptation that gets further between two deaths is not given up', async () => {
    const engine = await startEngine({ adaptationAttempts: 2, timing: { cancelGraceMs: 60_000 } });
    const unlucky = job({ steps: 100_000 });
    const controller = new AbortController();
    let best = 0;
    let deaths = 0;
    const end = engine.adapt(unlucky, {
      signal: controller.signal,
      onProgress({ done }) {
        // Once a life: what a dying process had sent before still arrives.
        if (done <= best + 10 || engine.state.restarts < deaths) return;
        best = done;
        if (deaths++ < 3) killed(engine);
        else controller.abort(gone);
      },
    });
    await expect(end).rejects.toBe(gone);
    expect(engine.state.restarts).toBe(3);
  });

  test('one that hangs is killed: blocked, waiting for ever, or stopped', async () => {
    const timing = { hangTimeoutMs: 3_000 };
    const hangs = async (command: 'block' | 'hang') => {
      const engine = await startEngine({ timing });
      const restart = once(engine, 'restart');
      const answer = await engine.score({ detector: detector('a', { command, times: 1 }), images: [image(7)] });
      return [await restart, scores(answer)];
    };
    const stopped = async () => {
      const engine = await startEngine({ timing });
      const restart = once(engine, 'restart');
      process.kill(engine.state.pid!, 'SIGSTOP');
      const answer = await engine.score({ detector: detector('a'), images: [image(7)] });
      return [await restart, scores(answer)];
    };
    const killedForHanging = [[{ reason: 'hang', description: 'it did not answer for 3000 ms' }], [7]];
    expect(await Promise.all([hangs('block'), hangs('hang'), stopped()])).toEqual(Array(3).fill(killedForHanging));
  });

  test('a batch may take as long as its images may one after the other', async () => {
    const engine = await startEngine({ timing: { hangTimeoutMs: 3_000 } });
    const restart = once(engine, 'restart');
    const stuck = detector('a', { command: 'hang', batch: 2, times: 1 });
    const greys = [1, 2];
    expect(scores(await scoredAsOneBatch(engine, { detector: stuck, images: greys.map(image) }))).toEqual(greys);
    expect(await restart).toEqual([{ reason: 'hang', description: 'it did not answer for 6000 ms' }]);
  });

  test('signals for the whole process group leave it alone: stopping is up to the parent', async () => {
    const engine = await calmEngine();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(engine.state.pid!, signal);
    await engine.score({ detector: detector('a'), images: [image(1)] });
    expect(engine.state.restarts).toBe(0);
  });
});

describe('memory', () => {
  const MiB = 2 ** 20;

  test('that runs out fails the work over which it did; other work goes on in the same process', async () => {
    const engine = await calmEngine();
    const command = 'outOfMemory';
    const outOfMemory = { code: 'compute-failed', origin: { name: 'OutOfMemoryError' } };
    await expect(engine.adapt(job({ command, step: 7, times: 1 }))).rejects.toMatchObject(outOfMemory);
    await engine.adapt(job());
    const full = detector('a', { command, times: 1 });
    await expect(engine.score({ detector: full, images: [image(9)] })).rejects.toMatchObject(outOfMemory);
    expect(scores(await engine.score({ detector: full, images: [image(9)] }))).toEqual([9]);
    expect(engine.state.restarts).toBe(0);
  });

  test('that ran out over a batch: its images are scored one by one', async () => {
    const engine = await calmEngine();
    const full = detector('a', { command: 'outOfMemory', batch: 2, times: 1 });
    const greys = [1, 2];
    expect(scores(await scoredAsOneBatch(engine, { detector: full, images: greys.map(image) }))).toEqual(greys);
    await obeyed(full.folder);
  });

  test('that made batches smaller is told', async () => {
    const engine = await calmEngine();
    const halved = once(engine, 'batchHalved');
    await engine.score({ detector: detector('a', { command: 'halve' }), images: [image(1)] });
    expect(await halved).toEqual([{ work: 'image tower', backbone: 'lite', batch: 8 }]);
  });

  test('a process that has grown past the ceiling is replaced, and an adaptation ends with the same bytes', async () => {
    const engine = await startEngine({ memoryCeilingBytes: 400 * MiB });
    const reasons: string[] = [];
    const growing = job({ command: 'allocate', bytes: 600 * MiB, step: 20, times: 1, steps: 1e9 });
    let steps = 0;
    engine.on('restart', ({ reason }) => {
      reasons.push(reason);
      steps = endSoon(growing);
    });
    await engine.adapt(growing);
    expect(reasons).toEqual(['memory']);
    expect(result(growing)).toBe(await undisturbed(steps));
  });

  test('every image is answered even when each makes the process grow past the ceiling', async () => {
    const engine = await startEngine({ memoryCeilingBytes: 1 });
    const tiny = detector('a');
    for (const grey of [1, 2])
      expect(scores(await engine.score({ detector: tiny, images: [image(grey)] }))).toEqual([grey]);
    const small = job({ steps: 5 });
    await engine.adapt(small);
    expect(result(small)).toBe(await undisturbed(5));
  });
});

describe('starting', () => {
  test('says which provider loaded on which device', async () => {
    const engine = await startEngine({ device: 'auto' });
    expect(engine.state).toMatchObject({ status: 'ready', device: 'auto', provider: 'cpu', restarts: 0 });
  });

  test('a device that is not there is refused at once', async () => {
    await expect(startEngine({ device: 'cuda:1' })).rejects.toMatchObject({ code: 'device-unavailable' });
  });

  test('a process that never becomes ready is given up with a clear error', async () => {
    const modelsFolder = folderWith({ command: 'exit' });
    const start = startEngine({ modelsFolder, startAttempts: 3 });
    await expect(start).rejects.toMatchObject({ code: 'start-failed', message: expect.stringContaining('code 3') });
    expect(readFileSync(path.join(modelsFolder, 'obeyed'), 'utf8')).toBe('...');
  });

  test('a process that fails to start a few times is started in the end', async () => {
    const engine = await startEngine({ modelsFolder: folderWith({ command: 'exit', times: 2 }) });
    expect(engine.state).toMatchObject({ status: 'ready', restarts: 2 });
  });
});

describe('a process that was ready once and does not start again', () => {
  const failingStart = (modelsFolder: string, times: number) =>
    writeFileSync(path.join(modelsFolder, 'script.json'), JSON.stringify({ command: 'exit', times }));

  test('is failing until it starts, and what waits is done then', async () => {
    const modelsFolder = folderWith();
    const engine = await startEngine({ modelsFolder, startAttempts: 2 });
    const statuses: string[] = [];
    engine.on('status', (status) => statuses.push(status));
    failingStart(modelsFolder, 3);
    killed(engine);
    await once(engine, 'restart');
    expect(scores(await engine.score({ detector: detector('a'), images: [image(9)] }))).toEqual([9]);
    expect(statuses).toEqual(['restarting', 'failing', 'ready']);
  });

  test('is given up after a while, and says so', async () => {
    const modelsFolder = folderWith();
    const engine = await startEngine({ modelsFolder, timing: { giveUpAfterMs: 1 } });
    failingStart(modelsFolder, 1000);
    const gaveUp = once(engine, 'gaveUp');
    const begun = new AbortController();
    const waiting = engine.adapt(job({ steps: 1e9 }), { onProgress: () => begun.abort() });
    await once(begun.signal, 'abort');
    killed(engine);
    await expect(waiting).rejects.toMatchObject({ code: 'start-failed' });
    expect(await gaveUp).toEqual([expect.objectContaining({ code: 'start-failed' })]);
    expect(engine.state.status).toBe('stopped');
    const late = engine.score({ detector: detector('a'), images: [image(1)] });
    await expect(late).rejects.toMatchObject({ code: 'start-failed' });
  });
});

describe('cancelling an adaptation', () => {
  test('frees the device between two steps', async () => {
    const engine = await startEngine({ timing: { cancelGraceMs: 60_000 } });
    const controller = new AbortController();
    const long = job({ steps: 1e9 });
    const end = engine.adapt(long, { signal: controller.signal, onProgress: () => controller.abort(gone) });
    await expect(end).rejects.toBe(gone);
    expect(existsSync(path.join(long.workFolder, 'released'))).toBe(true);
    await engine.adapt(job());
    expect(engine.state.restarts).toBe(0);
  });

  test('ends a process that does not let go', async () => {
    const engine = await startEngine({ timing: { cancelGraceMs: 50 } });
    const restart = once(engine, 'restart');
    const controller = new AbortController();
    const stuck = job({ command: 'block', step: 3 });
    const end = engine.adapt(stuck, { signal: controller.signal });
    await obeyed(stuck.workFolder);
    controller.abort(gone);
    await expect(end).rejects.toBe(gone);
    expect(await restart).toMatchObject([{ reason: 'cancel' }]);
    await engine.adapt(job());
  });

  test('takes one out of the queue that has not begun', async () => {
    const engine = await calmEngine();
    const controllers = [new AbortController(), new AbortController()] as const;
    const long = job({ steps: 1e9 });
    const running = engine.adapt(long, { signal: controllers[0].signal });
    const queued = engine.adapt(job(), { signal: controllers[1].signal });
    controllers[1].abort(gone);
    await expect(queued).rejects.toBe(gone);
    controllers[0].abort(gone);
    await expect(running).rejects.toBe(gone);
    await expect(engine.adapt(job(), { signal: controllers[0].signal })).rejects.toBe(gone);
  });
});

test('scores are let in while an adaptation runs', async () => {
  const engine = await calmEngine();
  const controller = new AbortController();
  const long = job({ steps: 1e9 });
  let end: Promise<void> | undefined;
  await new Promise<void>((resolve) => {
    end = engine.adapt(long, { signal: controller.signal, onProgress: () => resolve() });
  });
  expect(scores(await engine.score({ detector: detector('a'), images: [1, 2].map(image) }))).toEqual([1, 2]);
  controller.abort(gone);
  await expect(end).rejects.toBe(gone);
});

test('scores are let in while an adaptation waits for what others compute, and it goes on', async () => {
  const engine = await calmEngine();
  const waiting = job({ steps: 3, awaitsScore: true });
  let begun: () => void;
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const end = engine.adapt(waiting, { onProgress: ({ done }) => done === 1 && begun() });
  await hasBegun;
  expect(scores(await engine.score({ detector: detector('a'), images: [image(1)] }))).toEqual([1]);
  await end;
});

test('the process gives way to others as it is told', async () => {
  const niceness = Math.min(getPriority() + 3, 19);
  const engine = await startEngine({ niceness });
  expect(getPriority(engine.state.pid!)).toBe(niceness);
});

test('an adaptation that fails says why', async () => {
  const engine = await calmEngine();
  const failing = engine.adapt(job({ command: 'fail', step: 2 }));
  await expect(failing).rejects.toMatchObject({
    code: 'compute-failed',
    origin: { name: 'TypeError' },
    message: 'the fake was told to fail',
  });
});

describe('stopping', () => {
  test('keeps a checkpoint, from which the same job goes on to the same bytes', async () => {
    const engine = await startEngine({ timing: { stopGraceMs: 30_000 } });
    const interrupted = job({ steps: 1e9 });
    const end = engine.adapt(interrupted, { onProgress: () => void engine.stop() });
    await expect(end).rejects.toMatchObject({ code: 'stopped' });
    const steps = endSoon(interrupted);
    expect(engine.state.status).toBe('stopped');
    await expect(engine.score({ detector: detector('a'), images: [] })).rejects.toMatchObject({ code: 'stopped' });
    const another = await startEngine();
    await another.adapt(interrupted);
    expect(result(interrupted)).toBe(await undisturbed(steps));
  });

  test('does not wait for ever for an operation that does not end', async () => {
    const engine = await startEngine({ timing: { stopGraceMs: 50 } });
    const stuck = detector('a', { command: 'block' });
    const answer = engine.score({ detector: stuck, images: [image(1)] });
    const rejection = expect(answer).rejects.toMatchObject({ code: 'stopped' });
    await obeyed(stuck.folder);
    await engine.stop();
    await rejection;
  });

  test('a process that could not be started for want of descriptors has ended, so that another is tried', async () => {
    const entry = fileURLToPath(new URL('../../dist/testing/child-without-descriptors.js', import.meta.url));
    const parent = spawn('sh', ['-c', `ulimit -n 64 && exec "$0" "$1"`, process.execPath, entry], { stdio: 'pipe' });
    const said = parent.stdout.setEncoding('utf8').toArray();
    await once(parent, 'close');
    expect((await said).join('')).toMatch(/EMFILE/);
  });

  test.each(['is killed with -9', 'exits'])('the process ends with its parent, which %s', async (how) => {
    const entry = fileURLToPath(new URL('../../dist/testing/parent-process.js', import.meta.url));
    const parent = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'pipe'] });
    await once(parent.stdout, 'data');
    if (how === 'exits') parent.stdin.write('exit\n');
    else parent.kill('SIGKILL');
    // The engine process holds the parent's standard error: the pipe closes when the last of the two is gone.
    parent.stderr.resume();
    await once(parent, 'close');
  });
});

test('images and maps that are larger than the channel pass between two steps of an adaptation', async () => {
  const engine = await calmEngine();
  const given = new AbortController();
  let steps = 0;
  const end = engine.adapt(job({ steps: 1e9, blockMs: 20 }), {
    signal: given.signal,
    onProgress: ({ done }) => {
      steps = done;
    },
  });
  end.catch(() => undefined);
  await until(() => steps > 0);
  const before = steps;
  const large = { side: 2048, data: new Uint8Array(3 * 2048 ** 2) };
  await engine.score({ detector: detector('a', { mapValues: 2 ** 21 }), images: [large, large] });
  // The step under way when the images are sent, the one when the maps arrive, and one in between.
  expect(steps - before).toBeLessThanOrEqual(3);
  given.abort();
  await expect(end).rejects.toBe(given.signal.reason);
});
