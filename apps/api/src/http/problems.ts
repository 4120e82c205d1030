import { isProblemSlug, ProblemError, problemPage } from '@mediclip/contracts';
import type { HandlersOf } from './handlers.js';

export const problemHandlers: HandlersOf<'getProblemPage'> = {
  async getProblemPage({ params: { slug } }) {
    if (!isProblemSlug(slug)) throw new ProblemError('not-found', 'There is no problem type of this name.');
    return { mediaType: 'text/html; charset=utf-8', bytes: problemPage(slug) };
  },
};
