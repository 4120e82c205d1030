import { ProblemError } from '@mediclip/contracts';
import Negotiator from 'negotiator';

/**
 * The media type of `offered` that the `Accept` header likes best (RFC 9110, 12.5.1), the first one when it has no
 * wish. Throws `not-acceptable`.
 */
export function negotiate<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  const headers = accept?.trim() ? { accept } : {};
  const best = new Negotiator({ headers }).mediaType([...offered]);
  if (best === undefined) throw new ProblemError('not-acceptable', `This answer comes as ${offered.join(' or ')}.`);
  return best as T;
}
