import {
  type Problem,
  type ProblemSlug,
  problemKind,
  problemMediaType,
  problemSchema,
  problemSlug,
} from '@mediclip/contracts';

/** A problem that the server answered with. `message` is its detail. */
export class ClientProblem extends Error {
  override readonly name = 'ClientProblem';
  readonly problem: Problem;
  /** Seconds after which the server wants to be asked again, where it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Problem, retryAfterSeconds?: number) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get status(): number {
    return this.problem.status;
  }

  /** Slug of the problem's type; `undefined` when it is not one of this service's, for example a proxy's. */
  get slug(): ProblemSlug | undefined {
    return problemSlug(this.problem);
  }

  /** Whether the same request may succeed later without any change. */
  get retryable(): boolean {
    if (this.slug) return problemKind(this.slug).retryable === true;
    return this.status === 429 || this.status === 503;
  }
}

/** The server could not be reached, or the connection broke before its answer was complete. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** The problem of an answer that is not `ok`. Reads its body. */
export async function problemOf(response: Response): Promise<ClientProblem> {
  const text = await response.text();
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ClientProblem(
    readProblem(response, text) ?? {
      type: 'about:blank',
      title: response.statusText || 'The server answered with an error',
      status: response.status,
      detail: `${response.url} answered with status ${response.status}: ${text.slice(0, 500)}`,
    },
    Number.isFinite(seconds) ? seconds : undefined,
  );
}

/** The problem details of an answer; `undefined` when it has none, as a proxy's error page. */
function readProblem(response: Response, text: string): Problem | undefined {
  if (!response.headers.get('content-type')?.startsWith(problemMediaType)) return undefined;
  return problemSchema.safeParse(JSON.parse(text)).data;
}
