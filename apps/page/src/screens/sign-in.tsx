import { useState } from 'preact/hooks';
import { ProblemNote } from '../parts/problem.js';
import { hasEnded, signIn } from '../state/session.js';

/** On a server with keys, before anything else. */
export function SignInScreen() {
  const [key, setKey] = useState('');
  const [error, setError] = useState<unknown>();
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setError(undefined);
        signIn(key.trim()).catch(setError);
      }}
    >
      <h1>Sign in</h1>
      {hasEnded.value && (
        <p class="problem" role="alert">
          <strong>Your session has ended.</strong> It lasts seven days, and ends at once when its key is withdrawn. Sign
          in again, with another key if this one does not work any more.
        </p>
      )}
      <label class="wide">
        API key
        <input
          type="password"
          autocomplete="current-password"
          required
          value={key}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
      </label>
      <p class="quiet">Whoever runs this server makes keys with “mediclip keys create”.</p>
      <button type="submit" class="main">
        Sign in
      </button>
      <ProblemNote error={error} />
    </form>
  );
}
