import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { parse } from 'yaml';
import { problemKind, problemSlugs } from '../problems/catalogue.js';
import { problemsOf } from '../routes/problems-of.js';
import { operationIds, routeOf } from '../routes/routes.js';
import { openApiDocument } from './document.js';
import type { JsonObject } from './json-schemas.js';

const document = openApiDocument() as {
  paths: Record<string, Record<string, { responses: JsonObject; security?: unknown }>>;
  components: { schemas: Record<string, JsonObject> };
};

/** Every object inside `value`, itself included. */
function* objectsIn(value: unknown): Generator<JsonObject> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as JsonObject;
  for (const member of Object.values(value)) yield* objectsIn(member);
}

const at = (pointer: string) =>
  pointer
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((value, name) => (value as JsonObject | undefined)?.[name], document);

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('is the committed openapi.yaml; `node scripts/openapi.mjs` makes it anew', () => {
    const committed = readFileSync(new URL('../../../../openapi.yaml', import.meta.url), 'utf8');
    expect(parse(committed)).toEqual(document);
  });

  test('has exactly the operations that the server offers', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const offered = operationIds.map(routeOf).map(({ method, path }) => `${method} ${path}`);
    expect(documented.sort()).toEqual(offered.sort());
  });

  test('refers only to what it has', () => {
    const references = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
  });

  test('has no component without a use', () => {
    const text = JSON.stringify(document);
    const unused = Object.keys(document.components.schemas).filter((name) => !text.includes(`schemas/${name}"`));
    expect(unused).toEqual([]);
  });

  test('refuses unknown fields in every object with named fields', () => {
    const open = [...objectsIn(document.components.schemas)].filter(
      ({ type, properties, additionalProperties }) => type === 'object' && properties && additionalProperties !== false,
    );
    expect(open).toEqual([]);
  });

  test.each(operationIds)('says every status of %s', (id) => {
    const route = routeOf(id);
    const { responses, security } = document.paths[route.path]![route.method.toLowerCase()]!;
    for (const slug of problemsOf(route)) expect(responses).toHaveProperty([`${problemKind(slug).status}`]);
    for (const status of Object.keys(route.replies)) expect(responses).toHaveProperty([status]);
    expect(security).toEqual(route.open ? [] : undefined);
  });

  test('marks every problem that may be retried with Retry-After', () => {
    for (const { responses } of Object.values(document.paths).flatMap((path) => Object.values(path))) {
      for (const [status, reply] of Object.entries(responses)) {
        const { description, headers } = reply as { description: string; headers?: JsonObject };
        const retryable = problemSlugs.some(
          (slug) =>
            problemKind(slug).retryable && +status === problemKind(slug).status && description.includes(`\`${slug}\``),
        );
        expect(headers?.['Retry-After'] !== undefined).toBe(retryable);
      }
    }
  });
});
