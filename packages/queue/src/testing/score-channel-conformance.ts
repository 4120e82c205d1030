import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type ByteAnswerer,
  type ByteChannel,
  longestDeadlineMs,
  ScoreAnswerError,
  ScoreDeadlineError,
} from '../score-channel.js';
import { Arrivals, aborted, type Deferred, deferred } from './deferred.js';

interface Received {
  payload: Uint8Array;
  topic: string;
  signal: AbortSignal;
  reply: Deferred<Uint8Array>;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const patient = { topic: 'lite', deadlineMs: 60_000 };

/** An answerer whose requests the test takes and answers one by one. */
function answerByHand(): { answer: ByteAnswerer; received: Arrivals<Received> } {
  const received = new Arrivals<Received>();
  const answer: ByteAnswerer = (payload, { topic, signal }) => {
    const reply = deferred<Uint8Array>();
    received.push({ payload, topic, signal, reply });
    return reply.promise;
  };
  return { answer, received };
}

/** What every driver promises. `open` makes the two ends of an empty channel, which may be one and the same object. */
export function testScoreChannel(driver: string, open: () => Promise<{ api: ByteChannel; worker: ByteChannel }>): void {
  describe(`score channel on ${driver}`, () => {
    const opened: ByteChannel[] = [];
    const openChannel = async () => {
      const ends = await open();
      opened.push(ends.api, ends.worker);
      return ends;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((channel) => channel.close()));
    });

    test('carries any bytes there and back', async () => {
      const { api, worker } = await openChannel();
      await worker.serve(async (payload) => payload.map((value) => 255 - value).reverse(), {
        topics: ['lite'],
        concurrency: 1,
      });
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      const reply = await api.request(every, patient);
      expect(Array.from(reply)).toEqual(Array.from(every));
      expect(reply).toBeInstanceOf(Uint8Array);
      expect(await api.request(bytes(), patient)).toHaveLength(0);
      const megabytes = new Uint8Array(3_000_001).fill(7);
      expect(await api.request(megabytes, patient)).toHaveLength(3_000_001);
    });

    test('gives each caller its own reply, in whatever order the answers come', async () => {
      const { api, worker } = await openChannel();
      const { answer, received } = answerByHand();
      await worker.serve(answer, { topics: ['lite'], concurrency: 2 });
      const one = api.request(bytes(1), patient);
      const first = await received.next();
      const two = api.request(bytes(2), patient);
      const second = await received.next();
      second.reply.resolve(bytes(22));
      expect(Array.from(await two)).toEqual([22]);
      first.reply.resolve(bytes(11));
      expect(Array.from(await one)).toEqual([11]);
    });

    test('keeps a request until a server comes, and answers no more at once than it may', async () => {
      const { api, worker } = await openChannel();
      const replies = [1, 2, 3].map((value) => api.request(bytes(value), patient));
      const { answer, received } = answerByHand();
      const server = await worker.serve(answer, { topics: ['lite'], concurrency: 2 });
      const running = [await received.next(), await received.next()];
      expect(received.size).toBe(0);
      for (const { payload, reply } of running) reply.resolve(payload);
      const third = await received.next();
      third.reply.resolve(third.payload);
      expect((await Promise.all(replies)).map((reply) => reply[0])).toEqual([1, 2, 3]);
      await server.close();
    });

    test('prefers the server that has the topic warm, and takes any other when none has', async () => {
      const { api, worker } = await openChannel();
      const serve = (name: number, topics: string[]) =>
        worker.serve(async () => bytes(name), { topics, concurrency: 4 });
      const one = await serve(1, ['lite']);
      const two = await serve(2, ['vit-b-16']);
      for (let time = 0; time < 5; time++) {
        expect((await api.request(bytes(), { ...patient, topic: 'lite' }))[0]).toBe(1);
        expect((await api.request(bytes(), { ...patient, topic: 'vit-b-16' }))[0]).toBe(2);
        expect([1, 2]).toContain((await api.request(bytes(), { ...patient, topic: 'rn50' }))[0]);
      }
      await two.setTopics(['vit-b-16', 'rn50']);
      for (let time = 0; time < 5; time++) {
        expect((await api.request(bytes(), { ...patient, topic: 'rn50' }))[0]).toBe(2);
      }
      await two.close();
      expect((await api.request(bytes(), { ...patient, topic: 'vit-b-16' }))[0]).toBe(1);
      await one.close();
    });

    test('tells the answerer the topic', async () => {
      const { api, worker } = await openChannel();
      await worker.serve(async (_, { topic }) => new TextEncoder().encode(topic), { topics: ['lite'], concurrency: 1 });
      for (const topic of ['lite', 'rn50']) {
        expect(new TextDecoder().decode(await api.request(bytes(), { ...patient, topic }))).toBe(topic);
      }
    });

    test('rejects at the deadline, tells the answerer, and drops what no server has taken', async () => {
      const { api, worker } = await openChannel();
      const { answer, received } = answerByHand();
      await worker.serve(answer, { topics: ['lite'], concurrency: 1 });
      const taken = api.request(bytes(1), { topic: 'lite', deadlineMs: 300 });
      const first = await received.next();
      const untaken = api.request(bytes(2), { topic: 'lite', deadlineMs: 50 });
      await expect(untaken).rejects.toBeInstanceOf(ScoreDeadlineError);
      await expect(taken).rejects.toBeInstanceOf(ScoreDeadlineError);
      await aborted(first.signal);
      first.reply.resolve(bytes(11));
      const third = api.request(bytes(3), patient);
      const next = await received.next();
      expect(Array.from(next.payload)).toEqual([3]);
      next.reply.resolve(bytes(33));
      expect(Array.from(await third)).toEqual([33]);
    });

    test('drops a request whose caller has gone, before and after a server took it', async () => {
      const { api, worker } = await openChannel();
      const { answer, received } = answerByHand();
      await worker.serve(answer, { topics: ['lite'], concurrency: 1 });
      const callers = [new AbortController(), new AbortController()] as const;
      const taken = api.request(bytes(1), { ...patient, signal: callers[0].signal });
      const first = await received.next();
      const untaken = api.request(bytes(2), { ...patient, signal: callers[1].signal });
      const gone = new Error('gone');
      callers[1].abort(gone);
      await expect(untaken).rejects.toBe(gone);
      callers[0].abort(gone);
      await expect(taken).rejects.toBe(gone);
      await aborted(first.signal);
      const third = api.request(bytes(3), patient);
      first.reply.resolve(bytes(11));
      const next = await received.next();
      expect(Array.from(next.payload)).toEqual([3]);
      next.reply.resolve(bytes(33));
      await third;
      const late = new AbortController();
      late.abort(gone);
      await expect(api.request(bytes(4), { ...patient, signal: late.signal })).rejects.toBe(gone);
    });

    test("passes on the sentence of an answerer's error", async () => {
      const { api, worker } = await openChannel();
      const failing: ByteAnswerer = async () => {
        throw new Error('The device is out of memory: Größe ✗');
      };
      await worker.serve(failing, { topics: ['lite'], concurrency: 1 });
      const failure = api.request(bytes(1), patient);
      await expect(failure).rejects.toBeInstanceOf(ScoreAnswerError);
      await expect(failure).rejects.toThrow('The device is out of memory: Größe ✗');
    });

    test('a server that closes answers what it took, and leaves the rest to others', async () => {
      const { api, worker } = await openChannel();
      const { answer, received } = answerByHand();
      const leaving = await worker.serve(answer, { topics: ['lite'], concurrency: 1 });
      const one = api.request(bytes(1), patient);
      const first = await received.next();
      const two = api.request(bytes(2), patient);
      const closing = leaving.close();
      first.reply.resolve(bytes(11));
      expect(Array.from(await one)).toEqual([11]);
      await closing;
      expect(received.size).toBe(0);
      await worker.serve(async () => bytes(22), { topics: ['rn50'], concurrency: 1 });
      expect(Array.from(await two)).toEqual([22]);
    });

    test('a server that is paused answers what it took, leaves everything else to others, and takes requests again', async () => {
      const { api, worker } = await openChannel();
      const { answer, received } = answerByHand();
      const paused = await worker.serve(answer, { topics: ['lite'], concurrency: 4 });
      const taken = api.request(bytes(1), patient);
      const first = await received.next();
      await paused.pause();
      const waiting = api.request(bytes(2), patient);
      await worker.serve(async () => bytes(22), { topics: ['rn50'], concurrency: 4 });
      expect(Array.from(await waiting)).toEqual([22]);
      for (let time = 0; time < 5; time++) expect(Array.from(await api.request(bytes(3), patient))).toEqual([22]);
      first.reply.resolve(bytes(11));
      expect(Array.from(await taken)).toEqual([11]);
      expect(received.size).toBe(0);
      await paused.resume();
      const again = api.request(bytes(4), patient);
      const next = await received.next();
      next.reply.resolve(bytes(44));
      expect(Array.from(await again)).toEqual([44]);
    });

    test('a server that is paused can be closed', async () => {
      const { api, worker } = await openChannel();
      const server = await worker.serve(async () => bytes(1), { topics: ['lite'], concurrency: 1 });
      await server.pause();
      await server.close();
      await worker.serve(async () => bytes(2), { topics: ['lite'], concurrency: 1 });
      expect(Array.from(await api.request(bytes(), patient))).toEqual([2]);
    });

    test('refuses a deadline out of range', async () => {
      const { api } = await openChannel();
      for (const deadlineMs of [0, -1, Number.NaN, longestDeadlineMs + 1]) {
        await expect(api.request(bytes(), { topic: 'lite', deadlineMs })).rejects.toThrow(RangeError);
      }
    });

    test('closing rejects the requests under way, and later ones', async () => {
      const { api } = await openChannel();
      const request = api.request(bytes(1), patient);
      const rejected = expect(request).rejects.toThrow('closed');
      await api.close();
      await rejected;
      await expect(api.request(bytes(1), patient)).rejects.toThrow('closed');
    });
  });
}
