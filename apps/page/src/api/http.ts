import type { Page, Problem } from '@mediclip/contracts';

/** An answer of the API that is a problem; its message is a sentence for people. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

let refused: () => void = () => undefined;

/** Has `act` called whenever the server refuses a request for want of a session. */
export function onRefused(act: () => void): void {
  refused = act;
}

/** The problem that an answer holds, which may be that the session has ended. */
export function problemOf(problem: Problem): ApiProblem {
  if (problem.status === 401) refused();
  return new ApiProblem(problem);
}

export interface CallOptions {
  readonly json?: unknown;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** Calls the API. Throws an `ApiProblem` for what the server refuses, a `TypeError` when it cannot be reached. */
export async function request(method: string, path: string, options: CallOptions = {}): Promise<Response> {
  const { json, accept = 'application/json', signal } = options;
  const response = await fetch(path, {
    method,
    headers: { accept, ...(json !== undefined && { 'content-type': 'application/json' }) },
    body: json === undefined ? null : JSON.stringify(json),
    signal: signal ?? null,
  });
  if (response.ok) return response;
  throw problemOf((await response.json()) as Problem);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request('GET', path, { ...(signal && { signal }) })).json()) as T;
}

export async function send<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, json?: unknown): Promise<T> {
  return (await (await request(method, path, { json })).json()) as T;
}

export async function remove(path: string): Promise<void> {
  await request('DELETE', path);
}

/** The items of every page of a list, up to `atMost`. */
export async function all<T>(path: string, atMost = Number.POSITIVE_INFINITY): Promise<T[]> {
  const items: T[] = [];
  const join = path.includes('?') ? '&' : '?';
  let cursor: string | undefined;
  do {
    const place = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await get<Page<T>>(`${path}${join}limit=${Math.min(200, atMost - items.length)}${place}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && items.length < atMost);
  return items;
}

/** A sentence for people about whatever went wrong. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiProblem) return [error.message, whatToDo(error.problem)].filter(Boolean).join(' ');
  if (error instanceof TypeError) return 'The server cannot be reached. Is it running?';
  return error instanceof Error ? error.message : String(error);
}

/** What to do about a refusal that passes: when to try again, and what makes room. */
function whatToDo({ type, retryAfterSeconds }: Problem): string | undefined {
  if (retryAfterSeconds === undefined) return undefined;
  const again = `Try again in ${retryAfterSeconds} s`;
  return /\/(queue-full|too-many-jobs)$/.test(type)
    ? `${again}, or cancel jobs that are no longer needed.`
    : `${again}.`;
}
