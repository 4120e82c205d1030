import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { operationIds, routeOf } from './routes.js';

describe('the routes', () => {
  test('have methods and paths that no two share', () => {
    const calls = operationIds.map(routeOf).map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    expect(new Set(calls).size).toBe(calls.length);
  });

  test.each(operationIds)('%s describes the parameters of its path', (id) => {
    const { path, params } = routeOf(id);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(params?.shape ?? {})).toEqual(inPath);
  });

  test('ask for a key everywhere under /v1 and of models, and nowhere else', () => {
    for (const { path, open } of operationIds.map(routeOf))
      expect(open === true).toBe(!/^\/v1\/|\/models\//.test(path));
  });

  test('say how many items every list in a body may have: each bad one of a million is a fault to write down', () => {
    const unbounded: string[] = [];
    for (const id of operationIds) {
      const { body } = routeOf(id);
      const schema = body && 'json' in body ? body.json : body && 'tensors' in body ? body.tensors : undefined;
      if (schema === undefined) continue;
      JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), (key, value) => {
        if (value?.type === 'array' && value.maxItems === undefined) unbounded.push(`${id}: ${key}`);
        return value;
      });
    }
    expect(unbounded).toEqual([]);
  });

  test('answer a deletion with nothing, a job with 202 and its place', () => {
    for (const { method, path, replies } of operationIds.map(routeOf)) {
      if (method === 'DELETE') expect(replies).toEqual({ 204: { description: 'It is gone.' } });
      if (method === 'POST' && /^\/v1\/(adaptations|scorings|evaluations)$/.test(path)) {
        expect(replies[202]?.location).toBe(true);
      }
    }
  });
});
