import { z } from 'zod';

/** A JSON object whose shape is not looked into here. */
export type JsonObject = { [key: string]: unknown };

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

/**
 * Drops what zod writes only because JavaScript's numbers end there, patterns that repeat a format, and the `false`
 * that ends a tuple, which generators of clients cannot read and `maxItems` says, too.
 */
const plain: Override = ({ zodSchema, jsonSchema }) => {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (zodSchema._zod.def.type === 'tuple' && jsonSchema.items === false) {
    delete jsonSchema.items;
    jsonSchema.minItems = jsonSchema.maxItems = jsonSchema.prefixItems?.length ?? 0;
  }
  if (zodSchema._zod.def.type === 'file') delete jsonSchema.contentEncoding;
};

/**
 * JSON schemas (draft 2020-12) of several zod schemas at once: `inline` under their keys, every schema with an `id` in
 * `components`, referred to as `#/components/schemas/ID`. They describe what a sender writes, before defaults are
 * filled in.
 */
export function jsonSchemas(schemas: Readonly<Record<string, z.ZodType>>): {
  readonly inline: Readonly<Record<string, JsonObject>>;
  readonly components: Readonly<Record<string, JsonObject>>;
} {
  const { properties = {}, $defs = {} } = z.toJSONSchema(z.object(schemas), { io: 'input', override: plain });
  const moved = JSON.parse(JSON.stringify({ properties, $defs }), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : value,
  ) as { properties: Record<string, JsonObject>; $defs: Record<string, JsonObject> };
  const names = Object.keys(moved.$defs).sort();
  return {
    inline: moved.properties,
    components: Object.fromEntries(names.map((name) => [name, moved.$defs[name]!])),
  };
}
