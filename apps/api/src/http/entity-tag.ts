/**
 * Whether an `If-None-Match` header names `etag` (a strong entity tag in its quotes), so that the client has these
 * bytes already. Source: RFC 9110, section 13.1.2: a list of tags, compared weakly, or `*`.
 */
export function namesEntityTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return [...ifNoneMatch.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === etag);
}
