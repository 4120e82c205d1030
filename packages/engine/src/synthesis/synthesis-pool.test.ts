import { expect, test } from '@jest/globals';
import type { SampleRequest } from '@mediclip/adaptation';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { RandomStream, synthesize } from '@mediclip/synthesis';
import { SynthesisPool } from './synthesis-pool.js';

const side = 64;
const { synthesis: options } = resolveAdaptationOptions();
const images = [0, 1, 2].map((seed) => {
  const random = new RandomStream(seed, 0, 0);
  return { width: side, height: side, data: Uint8Array.from({ length: side * side }, () => random.integer(0, 256)) };
});

const request = (step: number): SampleRequest => ({ image: step % 3, seed: 5, step, sample: 1, purpose: 0 });

const inThisThread = ({ image, seed, step, sample, purpose }: SampleRequest) =>
  synthesize(images[image]!, images, new RandomStream(seed, step, sample, purpose), options);

test('any number of threads draws the same bytes as this thread, in the order of the requests', async () => {
  const requests = Array.from({ length: 24 }, (_, step) => request(step));
  const expected = requests.map(inThisThread);
  for (const threads of [1, 3]) {
    const pool = SynthesisPool.start({ images, options, threads });
    expect(await Promise.all([pool.draw(requests.slice(0, 10)), pool.draw(requests.slice(10))])).toEqual([
      expected.slice(0, 10),
      expected.slice(10),
    ]);
    await pool.close();
  }
});

test('a sample that cannot be drawn costs only its own draw', async () => {
  const pool = SynthesisPool.start({ images, options, threads: 1 });
  const [bad, good] = await Promise.allSettled([pool.draw([{ ...request(0), image: 9 }]), pool.draw([request(1)])]);
  expect(bad).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('no image 9') } });
  expect(good).toEqual({ status: 'fulfilled', value: [inThisThread(request(1))] });
  await pool.close();
});

test('a thread that dies is replaced: its sample is tried once more, the others lose nothing', async () => {
  const first = { width: side, height: side, data: images[0]!.data.slice() };
  first.data[0] = 200;
  const pool = SynthesisPool.start({
    images: [first, images[1]!, images[2]!],
    options: resolveAdaptationOptions({ synthesis: { tasks: { identity: 1 } } }).synthesis,
    threads: 2,
    threadEntry: new URL('../../dist/testing/dying-synthesis-thread.js', import.meta.url),
  });
  const steps = [7, 8, 9, 10, 11, 12];
  const once = await pool.draw(steps.map(request));
  expect(once.map(({ image }, index) => Buffer.compare(image, images[steps[index]! % 3]!.data) === 0)).toEqual([
    true,
    true,
    false, // image 0, whose first pixel counts the deaths
    true,
    true,
    false,
  ]);
  const [twice, beside] = await Promise.allSettled([pool.draw([request(13)]), pool.draw([request(14)])]);
  expect(twice).toMatchObject({ status: 'rejected', reason: { name: 'ThreadError', code: 'thread-ended' } });
  expect(beside.status).toBe('fulfilled');
  await pool.close();
});

test('closing rejects what is not drawn yet and everything later', async () => {
  const pool = SynthesisPool.start({ images, options, threads: 1 });
  const waiting = pool.draw([request(0), request(1)]);
  await Promise.all([expect(waiting).rejects.toThrow('closed'), pool.close()]);
  await expect(pool.draw([request(2)])).rejects.toThrow('closed');
});

test('a pool without threads is refused', () => {
  expect(() => SynthesisPool.start({ images, options, threads: 0 })).toThrow('at least 1');
});
