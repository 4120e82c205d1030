import { describe, expect, test } from '@jest/globals';
import type { ScoringResult } from '@mediclip/contracts';
import fc from 'fast-check';
import { InvalidCursor, RecordNotFound } from '../errors.js';
import { newId } from '../records/ids.js';
import { memoryTestStore, newModel } from '../testing/test-store.js';
import { type ResultQuery, type ResultRow, selectRows } from './result-index.js';

const id = (n: number) => `0193f3a2-7c1e-7d3a-9b5f-${n.toString(16).padStart(12, '0')}`;

const row = (n: number) =>
  fc
    .record({
      fileName: fc.constantFrom('a.png', 'b.png', 'c.png'),
      label: fc.constantFrom('normal' as const, 'abnormal' as const),
      score: fc.option(
        fc.integer({ min: 0, max: 4 }).map((k) => k / 4),
        { nil: undefined },
      ),
    })
    .map(({ fileName, label, score }): ResultRow => {
      const fields = { imageId: id(n), fileName, split: 'test' as const, label };
      if (score === undefined) return { ...fields, outcome: 'rejected' };
      return { ...fields, outcome: 'scored', score, decision: score > 0.5 ? 'abnormal' : 'normal' };
    });

describe('rows of results', () => {
  test('walked page by page are a plain sort and filter of all, whatever the ties', () => {
    const rows = fc.integer({ min: 0, max: 30 }).chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => row(i))));
    const query = fc.record<ResultQuery>({
      sort: fc.constantFrom(undefined, 'score', '-score', 'name'),
      label: fc.constantFrom(undefined, 'normal', 'abnormal'),
      decision: fc.constantFrom(undefined, 'normal', 'abnormal'),
      minScore: fc.constantFrom(undefined, 0.25),
      maxScore: fc.constantFrom(undefined, 0.75),
    });
    fc.assert(
      fc.property(rows, query, fc.integer({ min: 1, max: 7 }), (all, asked, size) => {
        const walked: ResultRow[] = [];
        for (let after: string | undefined; ; after = walked.at(-1)!.imageId) {
          const page = selectRows(all, asked, after)!.slice(0, size);
          walked.push(...page);
          if (page.length < size) break;
        }
        const key = (r: ResultRow): (string | number)[] => {
          if (asked.sort === 'name') return [r.fileName, r.imageId];
          if (asked.sort === undefined) return [r.imageId];
          const none = Number(r.score === undefined);
          return [none, (asked.sort === 'score' ? 1 : -1) * (r.score ?? 0), r.imageId];
        };
        const plain = all
          .filter((r) => asked.label === undefined || r.label === asked.label)
          .filter((r) => asked.decision === undefined || r.decision === asked.decision)
          .filter((r) => asked.minScore === undefined || (r.score ?? -1) >= asked.minScore)
          .filter((r) => asked.maxScore === undefined || (r.score ?? 2) <= asked.maxScore)
          .sort((a, b) => {
            const [ka, kb] = [key(a), key(b)];
            const i = ka.findIndex((value, index) => value !== kb[index]);
            return i < 0 ? 0 : ka[i]! < kb[i]! ? -1 : 1;
          });
        expect(walked).toEqual(plain);
        expect(selectRows(all, asked, newId())).toBeUndefined();
      }),
    );
  });
});

describe('results of a scoring', () => {
  async function scoring(count: number) {
    const { tenant } = memoryTestStore();
    const { model } = await newModel(tenant);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const { job } = await tenant.jobs.create({ kind: 'scoring', request: { modelId: model.id, datasetId } });
    const { attempt } = await tenant.attempts.start(job.id);
    const results: ScoringResult[] = [];
    for (let i = 0; i < count; i++) {
      const result: ScoringResult = {
        imageId: newId(),
        fileName: `${i % 7}.png`,
        split: 'test',
        label: i % 3 ? 'normal' : 'abnormal',
        outcome: 'scored',
        score: (i % 11) / 10,
        map: { width: 4, height: 4, min: 0, max: 1 },
        regions: [],
      };
      results.push(result);
      await tenant.results.put(attempt, result);
    }
    await tenant.attempts.end(attempt, { state: 'succeeded', result: { scored: count, rejected: 0 } });
    return { tenant, jobId: job.id, results };
  }

  test('of 5,000 images are a plain sort and filter of all, with ties, while verdicts arrive', async () => {
    const { tenant, jobId, results } = await scoring(5000);
    const scoreOf = (result: ScoringResult) => (result.outcome === 'scored' ? result.score : Number.NaN);
    const orders: Record<string, (a: ScoringResult, b: ScoringResult) => number> = {
      score: (a, b) => scoreOf(a) - scoreOf(b),
      '-score': (a, b) => scoreOf(b) - scoreOf(a),
      name: (a, b) => (a.fileName < b.fileName ? -1 : Number(a.fileName > b.fileName)),
    };
    const queries: readonly ResultQuery[] = [
      { sort: 'score', label: 'abnormal' },
      { sort: '-score', minScore: 0.2, maxScore: 0.7 },
      { sort: 'name' },
    ];
    for (const query of queries) {
      const seen: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await tenant.results.list(jobId, { limit: 200, cursor }, query);
        seen.push(...page.items.map(({ imageId }) => imageId));
        const verdict = { verdict: 'normal' as const, at: new Date().toISOString() };
        for (const result of [page.items[0], page.items.at(-1)]) {
          if (result) await tenant.results.judge(jobId, result.imageId, verdict);
        }
        if (page.nextCursor === undefined) break;
        cursor = page.nextCursor;
      }
      const plain = results
        .filter(({ label }) => (query.label ?? label) === label)
        .filter((result) => scoreOf(result) >= (query.minScore ?? 0) && scoreOf(result) <= (query.maxScore ?? 1))
        .sort(orders[query.sort!]);
      expect(seen).toEqual(plain.map(({ imageId }) => imageId));
    }
  });

  test('keep their order while verdicts arrive, and carry the latest verdict', async () => {
    const { tenant, jobId, results } = await scoring(40);
    const seen: ScoringResult[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await tenant.results.list(jobId, { limit: 7, cursor }, { sort: '-score' });
      seen.push(...page.items);
      const verdict = { verdict: 'normal' as const, at: new Date().toISOString() };
      for (const { imageId } of page.items) await tenant.results.judge(jobId, imageId, verdict);
      if (page.nextCursor === undefined) break;
      cursor = page.nextCursor;
    }
    const plain = results.toSorted((a, b) => (b as { score: number }).score - (a as { score: number }).score);
    expect(seen.map(({ imageId }) => imageId)).toEqual(plain.map(({ imageId }) => imageId));
    const judged = await tenant.results.list(jobId, { limit: 40 });
    expect(judged.items.every(({ verdict }) => verdict?.verdict === 'normal')).toBe(true);
    const first = results[0]!.imageId;
    const again = { verdict: 'abnormal' as const, note: 'A fold', at: new Date().toISOString() };
    expect((await tenant.results.judge(jobId, first, again)).verdict).toEqual(again);
    expect((await tenant.results.get(jobId, first)).verdict).toEqual(again);
    await expect(tenant.results.judge(jobId, newId(), again)).rejects.toThrow(RecordNotFound);
    const unknown = tenant.results.list(jobId, { limit: 1, cursor: newId() }, { sort: 'name' });
    await expect(unknown).rejects.toThrow(InvalidCursor);
  });
});
