import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import * as contracts from '../index.js';

const id = '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10';
const at = '2026-03-14T09:26:53.589Z';
const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const job = {
  id,
  state: 'queued',
  kind: 'scoring',
  createdAt: at,
  attempt: 0,
  request: { modelId: id, datasetId: id },
};
const dataset = { id, name: 'Brain MRI', createdAt: at };
const zero = { normal: 0, abnormal: 0 };

const examples: [name: string, schema: z.ZodType, example: Record<string, unknown>][] = [
  ['data set', contracts.datasetSchema, { ...dataset, counts: { total: 0, train: zero, test: zero } }],
  ['data set record', contracts.datasetRecordSchema, { schemaVersion: 1, ...dataset }],
  ['page', contracts.datasetPageSchema, { items: [], nextCursor: 'a' }],
  ['job', contracts.jobSchema, job],
  [
    'finished job',
    contracts.jobSchema,
    { ...job, state: 'succeeded', result: { scored: 3, rejected: 0 }, finishedAt: at },
  ],
  ['job record', contracts.jobRecordSchema, { schemaVersion: 1, job, fencingToken: 0 }],
  [
    'adaptation job',
    contracts.jobSchema,
    { ...job, kind: 'adaptation', request: { datasetId: id, options: contracts.resolveAdaptationOptions() } },
  ],
  ['event', contracts.jobEventSchema, { id: 1, at, type: 'end', job }],
  ['keys', contracts.apiKeysFileSchema, { schemaVersion: 1, keys: [{ id, tenant: 'a-b', sha256, createdAt: at }] }],
  [
    'upload',
    contracts.uploadSchema,
    {
      outcomes: [
        { index: 0, fileName: 'a', outcome: 'rejected', error: new contracts.ProblemError('image-empty').toProblem() },
      ],
      stored: 0,
      rejected: 1,
      skipped: 0,
    },
  ],
];

describe.each(examples)('a %s', (_, schema, example) => {
  test('is read as it is written', () => {
    expect(schema.parse(example)).toEqual(example);
  });

  test('has no unknown fields', () => {
    expect(schema.safeParse({ ...example, extra: 1 }).error?.issues).toMatchObject([{ code: 'unrecognized_keys' }]);
  });

  test.each(Object.keys(example))('has no null for its %s', (field) => {
    expect(schema.safeParse({ ...example, [field]: null }).success).toBe(false);
  });
});

describe('schemas', () => {
  test('accept their own documented examples', () => {
    const documented = Object.values(contracts as Record<string, unknown>).flatMap((value) =>
      value instanceof z.ZodType
        ? ((value.meta()?.examples as unknown[] | undefined) ?? []).map((example) => ({ schema: value, example }))
        : [],
    );
    expect(documented.length).toBeGreaterThan(8);
    for (const { schema, example } of documented) expect(schema.safeParse(example).error).toBeUndefined();
  });

  test.each(['', 'x', id.toUpperCase(), '0193f3a2-7c1e-4d3a-9b5f-2f1c8a6e4d10', `${id}/..`])(
    'refuse the id "%s"',
    (text) => {
      expect(contracts.idSchema.safeParse(text).success).toBe(false);
    },
  );

  test.each(['', '-a', 'A', 'a/b', '..', 'a'.repeat(64)])('refuse the tenant "%s"', (text) => {
    expect(contracts.tenantSchema.safeParse(text).success).toBe(false);
  });

  test('read the numbers of a query from text and fill in defaults', () => {
    expect(contracts.pageQuerySchema.parse({ limit: '7' })).toEqual({ limit: 7 });
    expect(contracts.pageQuerySchema.parse({})).toEqual({ limit: 50 });
    for (const limit of ['0', '201', '1.5', 'x'])
      expect(contracts.pageQuerySchema.safeParse({ limit }).success).toBe(false);
  });

  test('know which states a job never leaves', () => {
    expect(contracts.jobStateSchema.options.filter(contracts.isFinal)).toEqual(['succeeded', 'failed', 'cancelled']);
  });
});
