import type { Page } from '@mediclip/contracts';

/** A page as JSON: `nextCursor` is missing, not undefined, on the last one. */
export function jsonPage<T>({ items, nextCursor }: Page<T>): { items: T[]; nextCursor?: string } {
  return { items: [...items], ...(nextCursor !== undefined && { nextCursor }) };
}
