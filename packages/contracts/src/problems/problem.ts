import { z } from 'zod';
import { isProblemSlug, type ProblemSlug, problemKind, problemType } from './catalogue.js';
import { fieldErrorSchema } from './field-errors.js';

/** One dependency of the server and whether it is there. */
export const readinessCheckSchema = z
  .strictObject({
    name: z.string().meta({ description: 'What is checked.', examples: ['store'] }),
    ok: z.boolean(),
    detail: z.string().optional().meta({ description: 'Why it is not there, or what is to be known of it.' }),
  })
  .meta({ id: 'ReadinessCheck', description: 'One part that the server needs, and whether it is there.' });

export type ReadinessCheck = z.infer<typeof readinessCheckSchema>;

const extraFields = {
  errors: z
    .array(fieldErrorSchema)
    .optional()
    .meta({ description: 'The faults of a request that is not valid, the first hundred of them.' }),
  jobIds: z.array(z.uuidv7()).optional().meta({ description: 'Jobs that stand in the way.' }),
  group: z.string().optional().meta({ description: 'The group that would be parted between train and test.' }),
  aliases: z.array(z.string()).optional().meta({ description: 'Aliases that stand in the way.' }),
  checks: z.array(readinessCheckSchema).optional().meta({ description: 'State of what the server needs.' }),
  retryAfterSeconds: z.int().min(0).optional().meta({ description: 'The same number as in `Retry-After`.' }),
  limit: z.number().optional().meta({ description: 'The limit that was exceeded.' }),
  needed: z.int().optional().meta({ description: 'How many there should be.' }),
  available: z.int().optional().meta({ description: 'How many there are.' }),
  entry: z.string().optional().meta({ description: 'The entry of an archive that is at fault.' }),
};

const extrasSchema = z.strictObject(extraFields);

/** Members of a problem beyond those of RFC 9457; each kind of problem uses few of them. */
export type ProblemExtras = z.infer<typeof extrasSchema>;

/** Problem details (RFC 9457), media type `application/problem+json`. */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({
      description: 'Which kind of problem: the path of a page that says what to do.',
      examples: ['/problems/not-found'],
    }),
    title: z
      .string()
      .meta({ description: 'The kind of problem in words.', examples: ['There is nothing with this id'] }),
    status: z
      .int()
      .min(400)
      .max(599)
      .meta({ description: 'The HTTP status.', examples: [404] }),
    detail: z
      .string()
      .meta({ description: 'This occurrence in words.', examples: ['There is no model with this id.'] }),
    instance: z.string().optional().meta({ description: 'The path of the request.' }),
    requestId: z.string().optional().meta({ description: 'Id of the request in the log of the server.' }),
    ...extraFields,
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' });

export type Problem = z.infer<typeof problemSchema>;

/** Media type of problem details. */
export const problemMediaType = 'application/problem+json';

/**
 * A problem on its way to whoever can tell the client about it: an HTTP answer, the outcome of a file, the end of a
 * job.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly slug: ProblemSlug;
  readonly extras: ProblemExtras;

  /** `detail` says what is wrong here and what to do; without it the catalogue's meaning stands in. */
  constructor(slug: ProblemSlug, detail?: string, extras: ProblemExtras = {}, options?: ErrorOptions) {
    super(detail ?? problemKind(slug).meaning, options);
    this.slug = slug;
    this.extras = extras;
  }

  get status(): number {
    return problemKind(this.slug).status;
  }

  /** The problem details; `context` adds what only the server of the request knows. */
  toProblem(context: { readonly instance?: string; readonly requestId?: string } = {}): Problem {
    const { status, title } = problemKind(this.slug);
    return { type: problemType(this.slug), title, status, detail: this.message, ...context, ...this.extras };
  }
}

/** The slug of a problem's type, `undefined` when the type is none of this service's. */
export function problemSlug(problem: Pick<Problem, 'type'>): ProblemSlug | undefined {
  const slug = problem.type.slice(problem.type.lastIndexOf('/') + 1);
  return isProblemSlug(slug) ? slug : undefined;
}
