import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { newId } from '@mediclip/store';
import { ShadowScorer } from './shadow-scorer.js';

type Note = Parameters<ShadowScorer['noteOnceAnswered']>;

const side = 2;
const map = { score: 0.25, logit: -1.1, map: new Float32Array(side * side), mapSide: side };
const model = (id: string) => ({ id, configuration: { backbone: 'lite' }, calibration: null });

/** A scorer whose shadows find no pause but one without users, what it asked for, and a request that it may note. */
function scorerWith(patienceMs: number) {
  let asked = 0;
  const channel = {
    request: async () => {
      asked++;
      return { outcome: 'scored' as const, scores: [map] };
    },
  };
  const scorer = new ShadowScorer(channel, { warn: () => {} }, { quietMs: 0, patienceMs });
  const store = {
    tenant: 'clinic',
    models: { get: async (id: string) => model(id) },
    shadows: { update: async () => {} },
  };
  const raw = new EventEmitter();
  const alias = { name: 'production', shadow: { modelId: newId(), share: 1 } };
  const answer = { model: model(newId()), side, images: [new Uint8Array(side * side * 3)], scores: [map] };
  const noted = (of: object | undefined) =>
    scorer.noteOnceAnswered({ store, alias: of, reply: { raw } } as unknown as Note[0], answer as unknown as Note[1]);
  // Whoever answered frees what no shadow keeps.
  expect([noted(undefined), noted({ name: 'staging' }), noted(alias)]).toEqual([false, false, true]);
  return { scorer, answered: () => raw.emit('finish'), asked: () => asked };
}

/** A user who waits until released. */
function waitingUser(scorer: ShadowScorer): () => void {
  let release = () => {};
  void scorer.whileUserWaits(
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  return () => release();
}

test('a shadow waits for a pause of users', async () => {
  const { scorer, answered, asked } = scorerWith(Number.POSITIVE_INFINITY);
  const release = waitingUser(scorer);
  answered();
  const flushed = scorer.flush();
  await pause(100);
  expect(asked()).toBe(0);
  release();
  await flushed;
  expect(asked()).toBe(1);
});

test('a shadow does not wait for ever', async () => {
  const { scorer, answered, asked } = scorerWith(50);
  waitingUser(scorer);
  answered();
  await scorer.flush();
  expect(asked()).toBe(1);
});

test('a shadow that waits ends with the server', async () => {
  const { scorer, answered } = scorerWith(Number.POSITIVE_INFINITY);
  waitingUser(scorer);
  answered();
  await scorer.close();
});
