import type { Page } from '@mediclip/contracts';
import type { ListOptions } from './call-options.js';

/** The items of a list, page after page; `readPage` gets the query fields that choose the page. */
export async function* itemsOf<T>(
  readPage: (query: { limit: number | undefined; cursor: string | undefined }) => Promise<Page<T>>,
  options: ListOptions = {},
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await readPage({ limit: options.pageSize, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
