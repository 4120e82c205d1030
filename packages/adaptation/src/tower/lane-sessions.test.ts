import { describe, expect, test } from '@jest/globals';
import type { Runtime, Session, Tensor } from '@mediclip/onnx-graph';
import { LaneSessions } from './lane-sessions.js';

const numbered = (number: number): Record<string, Tensor> => ({
  x: { dtype: 'float32', shape: [1], data: Float32Array.of(number) },
});

/** A runtime of some lanes, and what it was asked for: sessions that give back what they are fed. */
function runtimeWithLanes(count: number) {
  const told: string[] = [];
  const busy = new Set<string>();
  const named = (name: string, lanes?: readonly Runtime[]): Runtime => ({
    provider: 'cpu',
    get isBusy() {
      return busy.has(name);
    },
    ...(lanes && { lanes }),
    async createSession() {
      told.push(`open ${name}`);
      return {
        async run(feeds): Promise<Record<string, Tensor>> {
          const number = feeds.x!.data[0];
          told.push(`${number} in ${name}`);
          if (Number(number) < 0) throw new Error(`${number} is negative.`);
          return { ...feeds };
        },
        async release() {
          told.push(`release ${name}`);
        },
      } satisfies Session;
    },
  });
  const lanes = Array.from({ length: count }, (_, index) => named(`lane ${index}`));
  return { runtime: named('all', count > 0 ? lanes : undefined), told, busy };
}

const sessionsOn = (runtime: Runtime) =>
  new LaneSessions(runtime, (lane) => lane.createSession({ bytes: new Uint8Array() }));

describe('the sessions of lanes', () => {
  test('take an image alone with all threads, and images together in a lane each', async () => {
    const { runtime, told } = runtimeWithLanes(3);
    const sessions = sessionsOn(runtime);
    expect(sessions.width).toBe(3);
    expect(await sessions.run([numbered(1)])).toEqual([numbered(1)]);
    expect(await sessions.run([numbered(2), numbered(3)])).toEqual([numbered(2), numbered(3)]);
    expect(told).toEqual(['open all', '1 in all', 'open lane 0', 'open lane 1', '2 in lane 0', '3 in lane 1']);
    expect(sessions.widest).toBe(2);
  });

  test('take a lone image among many that come together in a lane, and open one for it when more come alone', async () => {
    const { runtime, told } = runtimeWithLanes(2);
    const sessions = sessionsOn(runtime);
    const together = [numbered(1), numbered(2)];
    await sessions.run(together);
    await sessions.run([numbered(3)]);
    await sessions.run(together);
    told.length = 0;
    for (const lone of [4, 5, 6, 7]) await sessions.run([numbered(lone)]);
    await sessions.run(together);
    await sessions.run([numbered(8)]);
    const lanes = ['1 in lane 0', '2 in lane 1'];
    expect(told).toEqual(['4 in lane 0', '5 in lane 0', '6 in lane 0', 'open all', '7 in all', ...lanes, '8 in all']);
  });

  test('for an image alone are closed when images have come together 32 times', async () => {
    const { runtime, told } = runtimeWithLanes(2);
    const sessions = sessionsOn(runtime);
    const together = [numbered(1), numbered(2)];
    const runTogether = async (times: number) => {
      for (let run = 0; run < times; run++) await sessions.run(together);
    };
    await sessions.run([numbered(3)]);
    await runTogether(31);
    await sessions.run([numbered(4)]);
    await runTogether(31);
    expect(told).not.toContain('release all');
    await runTogether(1);
    expect(told).toContain('release all');
    told.length = 0;
    await sessions.run([numbered(5)]);
    expect(told).toEqual(['5 in lane 0']);
  });

  test('leave alone the lane that computes something else', async () => {
    const { runtime, told, busy } = runtimeWithLanes(3);
    const sessions = sessionsOn(runtime);
    busy.add('lane 1');
    expect(await sessions.run([numbered(1)])).toEqual([numbered(1)]);
    const together = [numbered(2), numbered(3), numbered(4)];
    expect(await sessions.run(together)).toEqual(together);
    expect(told.filter((what) => !what.startsWith('open'))).toEqual([
      '1 in lane 0',
      '2 in lane 0',
      '3 in lane 2',
      '4 in lane 0',
    ]);
    expect(told).not.toContain('open all');
    busy.clear();
    await sessions.run(together);
    expect(told.slice(-3)).toEqual(['2 in lane 0', '3 in lane 1', '4 in lane 2']);
  });

  test('are one where there are no lanes', async () => {
    const { runtime, told } = runtimeWithLanes(0);
    const sessions = sessionsOn(runtime);
    expect(sessions.width).toBe(1);
    await sessions.run([numbered(1)]);
    await sessions.release();
    expect(told).toEqual(['open all', '1 in all', 'release all']);
    expect(sessions.widest).toBe(0);
  });

  test('all end before an error of one is told', async () => {
    const { runtime, told } = runtimeWithLanes(2);
    const sessions = sessionsOn(runtime);
    await expect(sessions.run([numbered(-1), numbered(2)])).rejects.toThrow('-1 is negative.');
    expect(told).toContain('2 in lane 1');
  });

  test('for more images than are let together are released', async () => {
    const { runtime, told } = runtimeWithLanes(3);
    const sessions = sessionsOn(runtime);
    await sessions.run([numbered(1), numbered(2), numbered(3)]);
    await sessions.narrow(2);
    expect(sessions.widest).toBe(2);
    await sessions.narrow(1);
    expect(sessions.widest).toBe(0);
    expect(told.filter((what) => what.startsWith('release'))).toEqual([
      'release lane 2',
      'release lane 0',
      'release lane 1',
    ]);
  });
});
