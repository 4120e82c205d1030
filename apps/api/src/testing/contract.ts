import {
  isInferencePath,
  openApiDocument,
  operationIds,
  type Problem,
  type ProblemSlug,
  problemKind,
  problemSlug,
  problemsOf,
  routeOf,
} from '@mediclip/contracts';
import { onceForAllFiles } from '@mediclip/testing';

const ajv = onceForAllFiles('checks of openapi.yaml', (require) => {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  const addFormats = require('ajv-formats') as typeof import('ajv-formats');
  // That the document is one is the business of its own tests: here that would only take time.
  const checks = new Ajv2020({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats.default(checks);
  return checks.addSchema(structuredClone(openApiDocument()), 'openapi');
});

const operations = operationIds.map((id) => {
  const route = routeOf(id);
  return { id, route, pattern: new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`) };
});

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The slug of the problem that a body tells of, in the way of its path. */
export function slugOf(path: string, text: string): ProblemSlug | undefined {
  if (!isInferencePath(path)) return problemSlug(JSON.parse(text) as Problem);
  const type = /\((\/problems\/[\w-]+)\)$/.exec((JSON.parse(text) as { error: string }).error)?.[1];
  return type === undefined ? undefined : problemSlug({ type });
}

/** Throws unless `openapi.yaml` describes this answer: its status, its media type, its headers and its body. */
export function assertDescribed(method: string, path: string, { status, headers, text }: WireAnswer): void {
  const found = operations.find(({ route, pattern }) => route.method === method && pattern.test(path));
  const mediaType = headers.get('content-type')?.split(';')[0];
  const isInferenceError = isInferencePath(path) && status >= 400;
  if (mediaType === 'application/problem+json' || isInferenceError) {
    const schema = isInferenceError ? 'InferenceError' : 'Problem';
    assertSchema(`#/components/schemas/${schema}`, JSON.parse(text), `${method} ${path} ${status}`);
    const slug = slugOf(path, text);
    if (slug === undefined || problemKind(slug).status !== status) {
      throw new Error(`${method} ${path} answers ${status} with ${text}.`);
    }
    if (problemKind(slug).retryable && !headers.has('retry-after')) {
      throw new Error(`${method} ${path} answers ${slug} without Retry-After.`);
    }
    if (found && !problemsOf(found.route).includes(slug)) {
      throw new Error(`The contract of ${found.id} does not know the problem ${slug}.`);
    }
    return;
  }
  if (!found) throw new Error(`${method} ${path} is no operation, but answers ${status} ${mediaType}.`);
  const reply = found.route.replies[status];
  if (!reply) throw new Error(`The contract of ${found.id} knows no ${status}.`);
  if (reply.location && !headers.has('location')) throw new Error(`${found.id} answers without Location.`);
  if (!reply.content) {
    if (text !== '') throw new Error(`${found.id} answers ${status} with a body.`);
    return;
  }
  if (mediaType === undefined || !(mediaType in reply.content)) {
    throw new Error(`The contract of ${found.id} knows no ${mediaType}.`);
  }
  if (mediaType !== 'application/json') return;
  const pointer = `#/paths/${pointerPart(found.route.path)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
  assertSchema(pointer, JSON.parse(text), found.id);
}

function assertSchema(pointer: string, value: unknown, what: string): void {
  const validate = ajv.getSchema(`openapi${pointer}`);
  if (!validate) throw new Error(`openapi.yaml has no ${pointer}.`);
  if (!validate(value))
    throw new Error(`${what} answers what openapi.yaml forbids: ${ajv.errorsText(validate.errors)}`);
}

function pointerPart(path: string): string {
  return path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
}
