import { useState } from 'preact/hooks';
import { ProblemNote } from '../parts/problem.js';
import { signIn } from '../state/session.js';

/** On a server with keys, before anything else. */
export function SignInScreen() {
  const [key, setKey] = useState('');
  const [error, setError] = useState<unknown>();
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        setError(undefined);
        signIn(key.trim()).catch(setError);
      }}
    >
      <h1>Sign in</h1>
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
