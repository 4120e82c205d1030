import { ApiProblem, sentenceOf } from '../api/http.js';

/** What went wrong in a sentence, with the page that says what to do. */
export function ProblemNote({ error }: { error: unknown }) {
  if (error === undefined) return null;
  return (
    <p class="problem" role="alert">
      <strong>That did not work.</strong> {sentenceOf(error)}{' '}
      {error instanceof ApiProblem && (
        <a href={error.problem.type} target="_blank" rel="noopener">
          What to do
        </a>
      )}
    </p>
  );
}
