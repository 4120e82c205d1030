/**
 * For `node --import` with `?log=FILE`: notes there that a process began, and every module that its threads load, each
 * as a line of JSON, in their order.
 */
import { appendFileSync } from 'node:fs';
import { type LoadHook, register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** A process has `program`, a module `url`. */
export interface WatchedLine {
  readonly pid: number;
  readonly program?: string;
  readonly url?: string;
}

const log = new URL(import.meta.url).searchParams.get('log')!;
const note = (line: WatchedLine) => appendFileSync(log, `${JSON.stringify(line)}\n`);

if (isMainThread) {
  note({ pid: process.pid, program: process.argv[1] ?? '' });
  register(import.meta.url);
}

export const load: LoadHook = (url, context, next) => {
  note({ pid: process.pid, url });
  return next(url, context);
};
