import { z } from 'zod';
import { type ProblemSlug, problemSlugs } from '../problems/catalogue.js';
import { modelReferenceSchema } from '../resources/aliases.js';
import { idSchema } from '../resources/primitives.js';

/** What a body of one media type holds: a value of a schema, raw bytes, or a stream of server-sent events. */
export type Content = z.ZodType | 'bytes' | { readonly events: z.ZodType };

/** One answer of a route that is no problem. */
export interface Reply {
  readonly description: string;
  /** By media type; without it the answer has no body. */
  readonly content?: Readonly<Record<string, Content>>;
  /** The answer has a `Location` header with the path of what was made. */
  readonly location?: true;
}

/** What the body of a request may be. */
export type RequestBody =
  | { readonly json: z.ZodType }
  /** `multipart/form-data`; `description` says which order of the parts means what. */
  | { readonly form: z.ZodObject; readonly description: string }
  /** JSON, and behind it tensors in binary where `Inference-Header-Content-Length` says how long the JSON is. */
  | { readonly tensors: z.ZodType; readonly description: string }
  /** Raw bytes of one of these media types. */
  | { readonly mediaTypes: readonly string[]; readonly description: string };

/** One operation of the service: everything that its handler, its client and its documentation agree on. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters in braces, as in OpenAPI: `/v1/datasets/{id}`. */
  readonly path: string;
  readonly tag: 'datasets' | 'backbones' | 'models' | 'jobs' | 'webhooks' | 'inference' | 'service';
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: RequestBody;
  readonly replies: Readonly<Record<number, Reply>>;
  /** The problems of this route alone; `problemsOf` adds those that follow from its shape. */
  readonly problems?: readonly ProblemSlug[];
  /** The route asks for no API key. */
  readonly open?: true;
}

/** Whether errors at a path have the shape of the Open Inference Protocol, and are no problem details. */
export function isInferencePath(path: string): boolean {
  return path === '/v2' || path.startsWith('/v2/');
}

/** Path parameters of a route with one id. */
export const idParams = z.strictObject({ id: idSchema });

/** Path parameters of a route of a model, which an alias may name. */
export const modelParams = z.strictObject({ id: modelReferenceSchema });

/** Path parameters of a route for an image of something. */
export const imageParams = z.strictObject({ id: idSchema, imageId: idSchema });

/** Problems that the content of an image can have. */
export const imageProblems: readonly ProblemSlug[] = problemSlugs.filter((slug) => slug.startsWith('image-'));

/** Problems that an archive as a whole can have. */
export const archiveProblems: readonly ProblemSlug[] = problemSlugs.filter((slug) => slug.startsWith('archive-'));

/** Problems that an archive can have whatever it holds. */
export const packedProblems: readonly ProblemSlug[] = archiveProblems.filter(
  (slug) => slug !== 'archive-layout-unknown' && slug !== 'archive-manifest-invalid',
);

/** An answer with a JSON body. */
export function json<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { 'application/json': schema } } as const;
}

/** An answer with a JSON body, and the path of what was made in `Location`. */
export function made<S extends z.ZodType>(description: string, schema: S) {
  return { ...json(description, schema), location: true } as const;
}

/** The answer of a deletion. */
export const deleted = { description: 'It is gone.' } as const;
